//! `advanced.ip_address`.

use http::HeaderName;

/// `advanced.ip_address`: what is made of a client's address.
#[derive(Clone, Debug)]
pub struct IpAddressOptions {
    /// `ip_address_headers`: where a trusted proxy says whose request it passes on; the first that
    /// holds an address counts. A proxy must overwrite each of them, or its clients choose.
    pub headers: Vec<HeaderName>,
    /// `disable_ip_tracking`: sessions do not remember addresses. Requests are still counted by
    /// them.
    pub disable_tracking: bool,
    /// `ipv6_subnet`: so many bits of an IPv6 address tell clients apart.
    pub ipv6_subnet: Ipv6Subnet,
}

impl Default for IpAddressOptions {
    fn default() -> Self {
        Self {
            headers: vec![HeaderName::from_static("x-forwarded-for")],
            disable_tracking: false,
            ipv6_subnet: Ipv6Subnet::default(),
        }
    }
}

/// The bits of an IPv6 address that one customer of a network has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Subnet(u32);

/// No such number of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("takes 32, 48, 64 or 128")]
pub struct NoIpv6Subnet;

impl Default for Ipv6Subnet {
    /// What a household has.
    fn default() -> Self {
        Self(64)
    }
}

impl Ipv6Subnet {
    /// 32, 48, 64, or 128 for whole addresses.
    pub fn new(bits: u32) -> Result<Self, NoIpv6Subnet> {
        if matches!(bits, 32 | 48 | 64 | 128) { Ok(Self(bits)) } else { Err(NoIpv6Subnet) }
    }

    /// How many.
    pub fn bits(self) -> u32 {
        self.0
    }
}
