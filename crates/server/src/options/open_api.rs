/// `open_api`: the description of the wire, served as Better Auth's plugin of that name does.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenApi {
    /// Off by default: it is for those who write clients, and they can print it.
    pub enabled: bool,
}
