//! Switches for special cases: addresses of clients, paths, and checks that can be left out.

use gatewright_server::{DisabledPaths, Ipv6Subnet, NoEndpoint, NoIpv6Subnet};
use serde_json::json;

use super::{Key, Takes, texts};

/// Every key of these.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "advanced.disable_csrf_check",
        about: "DANGEROUS: every website can send requests as the users who visit it; for tests",
        shows: |from| json!(from.advanced.disable_csrf_check),
        takes: Takes::Flag(|to, on| to.advanced.disable_csrf_check = Some(on)),
    },
    Key {
        name: "advanced.disable_origin_check",
        about: "DANGEROUS: the same, and links of the server can lead anywhere; for tests",
        shows: |from| json!(from.advanced.disable_origin_check),
        takes: Takes::Flag(|to, on| to.advanced.disable_origin_check = on),
    },
    Key {
        name: "advanced.ip_address.disable_ip_tracking",
        about: "Sessions do not remember the addresses of clients",
        shows: |from| json!(from.advanced.ip_address.disable_tracking),
        takes: Takes::Flag(|to, on| to.advanced.ip_address.disable_tracking = on),
    },
    Key {
        name: "advanced.ip_address.ip_address_headers",
        about: "Headers in which a trusted proxy names its client; it must overwrite each of them",
        shows: |from| json!(texts(&from.advanced.ip_address.headers)),
        takes: Takes::List(|to, list| {
            let headers: Result<Vec<_>, _> =
                list.iter().map(|name| name.parse().map_err(|_| ())).collect();
            to.advanced.ip_address.headers = headers
                .ok()
                .filter(|headers| !headers.is_empty())
                .ok_or("takes names of headers, like x-forwarded-for")?;
            Ok(())
        }),
    },
    Key {
        name: "advanced.ip_address.ipv6_subnet",
        about: "How many bits of an IPv6 address tell clients apart: 32, 48, 64 or 128",
        shows: |from| json!(from.advanced.ip_address.ipv6_subnet.bits()),
        takes: Takes::Choice(|to, bits| {
            let subnet = Ipv6Subnet::new(bits);
            to.advanced.ip_address.ipv6_subnet =
                subnet.map_err(|none: NoIpv6Subnet| none.to_string())?;
            Ok(())
        }),
    },
    Key {
        name: "advanced.skip_trailing_slashes",
        about: "A path with a slash at its end is taken for the one without",
        shows: |from| json!(from.advanced.skip_trailing_slashes),
        takes: Takes::Flag(|to, on| to.advanced.skip_trailing_slashes = on),
    },
    Key {
        name: "disabled_paths",
        about: "Endpoints that are not there, like /sign-up/email",
        shows: |from| json!(from.disabled_paths.all()),
        takes: Takes::List(|to, list| {
            let paths = DisabledPaths::new(list);
            to.disabled_paths = paths.map_err(|none: NoEndpoint| none.to_string())?;
            Ok(())
        }),
    },
];
