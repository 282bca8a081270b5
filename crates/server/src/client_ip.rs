//! Whose request it is: the address that rate limits count and sessions remember.
//!
//! Upstream: `packages/core/src/utils/ip.ts`. Upstream sees no socket and believes any
//! header with one address; we believe it from loopback and from `trusted_proxies`
//! alone, and otherwise take the peer's own address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use http::HeaderMap;

use crate::options::{IpAddressOptions, Ipv6Subnet};

/// An address, or a range of them in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// A text that is no address and no CIDR range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no IP address or range; write it as `10.0.0.0/8`")]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let error = || NetworkError(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_not_an_address| error())?;
        let address = address.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(digits) => digits.parse().ok().filter(|p| *p <= most).ok_or_else(error)?,
        };
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Network {
    /// Whether every address of its kind is in it.
    pub fn is_everything(&self) -> bool {
        self.prefix == 0
    }

    fn contains(self, ip: IpAddr) -> bool {
        let same = |a: u128, b: u128, width: u32| {
            // A shift by the whole width is no shift at all in Rust, so it is asked for by name.
            let host_bits = width - self.prefix;
            a.checked_shr(host_bits).unwrap_or(0) == b.checked_shr(host_bits).unwrap_or(0)
        };
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                same(u128::from(net.to_bits()), u128::from(ip.to_bits()), 32)
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => same(net.to_bits(), ip.to_bits(), 128),
            _ => false,
        }
    }
}

/// The client's address as text: IPv4 as it is, IPv6 expanded and masked to a subnet, since a
/// single household has all addresses of one.
pub(crate) fn of(
    headers: &HeaderMap,
    peer: IpAddr,
    trusted_proxies: &[Network],
    options: &IpAddressOptions,
) -> String {
    let peer = peer.to_canonical();
    let is_proxy = |ip: IpAddr| trusted_proxies.iter().any(|network| network.contains(ip));
    if peer.is_loopback() || is_proxy(peer) {
        let said = options.headers.iter().find_map(|name| {
            let forwarded: Vec<&str> = headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .collect();
            first_untrusted(&forwarded, trusted_proxies)
        });
        if let Some(ip) = said {
            return normalised(ip, options.ipv6_subnet);
        }
    }
    normalised(peer, options.ipv6_subnet)
}

/// Without `trusted_proxies`, a list of several addresses says nothing that can be believed.
fn first_untrusted(forwarded: &[&str], trusted_proxies: &[Network]) -> Option<IpAddr> {
    if trusted_proxies.is_empty() {
        let [only] = forwarded else { return None };
        return only.parse().ok();
    }
    for text in forwarded.iter().rev() {
        let ip: IpAddr = text.parse().ok()?;
        if !trusted_proxies.iter().any(|network| network.contains(ip)) {
            return Some(ip);
        }
    }
    None
}

fn normalised(ip: IpAddr, subnet: Ipv6Subnet) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(u128::BITS - subnet.bits()).unwrap_or(0);
            let masked = Ipv6Addr::from_bits(ip.to_bits() & mask);
            let groups: Vec<String> =
                masked.segments().iter().map(|group| format!("{group:04x}")).collect();
            groups.join(":")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn client(forwarded: &str, peer: &str, proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        if !forwarded.is_empty() {
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        of(&headers, peer.parse().unwrap(), &proxies, &IpAddressOptions::default())
    }

    #[test]
    fn strangers_cannot_choose_their_address() {
        assert_eq!(client("1.2.3.4", "203.0.113.9", &[]), "203.0.113.9");
        assert_eq!(client("1.2.3.4", "203.0.113.9", &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn a_proxy_on_this_machine_is_believed_when_it_names_one_address() {
        assert_eq!(client("1.2.3.4", "127.0.0.1", &[]), "1.2.3.4");
        assert_eq!(client("1.2.3.4, 5.6.7.8", "127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("not an address", "127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("", "127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn a_chain_is_walked_from_the_right_past_trusted_proxies() {
        let proxies = ["10.0.0.0/8", "2001:db8::/32"];
        assert_eq!(client("6.6.6.6, 1.2.3.4, 10.1.1.1", "10.0.0.1", &proxies), "1.2.3.4");
        assert_eq!(client("1.2.3.4, junk, 10.1.1.1", "10.0.0.1", &proxies), "10.0.0.1");
        assert_eq!(client("1.2.3.4, 2001:db8::7", "10.0.0.1", &proxies), "1.2.3.4");
    }

    #[test]
    fn ipv6_is_expanded_and_masked_and_mapped_ipv4_is_ipv4() {
        assert_eq!(
            client("2001:DB8:1:2:3:4:5:6", "127.0.0.1", &[]),
            "2001:0db8:0001:0002:0000:0000:0000:0000"
        );
        assert_eq!(client("::ffff:1.2.3.4", "127.0.0.1", &[]), "1.2.3.4");
        assert_eq!(client("", "::ffff:9.9.9.9", &[]), "9.9.9.9");
    }

    #[test]
    fn the_first_header_that_holds_an_address_counts_and_a_stranger_is_not_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("cf-connecting-ip", "junk".parse().unwrap());
        headers.insert("x-real-ip", "2001:db8:1:2:3::4".parse().unwrap());
        headers.insert("x-forwarded-for", "1.2.3.4".parse().unwrap());
        let mut options = IpAddressOptions {
            headers: ["cf-connecting-ip", "x-real-ip"].map(|n| n.parse().unwrap()).into(),
            ..IpAddressOptions::default()
        };
        for (bits, expected) in [
            (32, "2001:0db8:0000:0000:0000:0000:0000:0000"),
            (48, "2001:0db8:0001:0000:0000:0000:0000:0000"),
            (128, "2001:0db8:0001:0002:0003:0000:0000:0004"),
        ] {
            options.ipv6_subnet = Ipv6Subnet::new(bits).unwrap();
            assert_eq!(of(&headers, "127.0.0.1".parse().unwrap(), &[], &options), expected);
        }
        assert_eq!(of(&headers, "9.9.9.9".parse().unwrap(), &[], &options), "9.9.9.9");
        assert!([0, 1, 65, 129].into_iter().all(|bits| Ipv6Subnet::new(bits).is_err()));
    }

    #[test]
    fn networks_are_read_strictly() {
        for text in ["", "10.0.0.0/33", "10.0.0.0/x", "10.0.0", "::/129"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        let everything: Network = "0.0.0.0/0".parse().unwrap();
        assert!(everything.contains(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let everything: Network = "::/0".parse().unwrap();
        assert!(everything.contains("2001:db8::1".parse().unwrap()));
    }
}
