//! Whose address a request counts for: never one that its sender chose.
//!
//! These servers are asked from loopback, where a proxy is believed that names one address. That a
//! stranger's connection is believed in nothing is shown in `crates/server/src/client_ip.rs`.

use crate::client::PASSWORD;
use crate::database::{Engine, on_both_engines};
use crate::server::{Options, Server};

on_both_engines! {
    a_list_of_addresses_is_not_believed_unless_its_proxies_are_named,
    a_header_that_is_not_configured_is_not_believed,
    what_is_no_address_is_not_counted_as_one,
}

fn counting(engine: Engine) -> Options {
    Options::on(engine).variable("GATEWRIGHT__RATE_LIMIT__ENABLED", "true")
}

/// Of so many sign-ins, each with a header of its own: how many were let through. Three are from
/// one address.
async fn let_through(server: &Server, name: &str, value: impl Fn(usize) -> String) -> usize {
    let mut count = 0;
    for number in 0..8 {
        let request = server.sign_in("nobody@example.com", PASSWORD).header(name, &value(number));
        match request.send().await.status {
            401 => count += 1,
            status => assert_eq!(status, 429),
        }
    }
    count
}

async fn a_list_of_addresses_is_not_believed_unless_its_proxies_are_named(engine: Engine) {
    let server = Server::start(&counting(engine));
    // What a proxy makes that adds to what it was sent: the first is the client's own invention.
    let invented = |number| format!("192.0.2.{number}, 198.51.100.7");
    assert_eq!(let_through(&server, "x-forwarded-for", invented).await, 3);
    server.assert_unharmed();

    let proxies = "GATEWRIGHT__ADVANCED__IP_ADDRESS__TRUSTED_PROXIES";
    let server = Server::start(&counting(engine).variable(proxies, "10.0.0.0/8"));
    // The last that is no proxy counts, and whatever stands before it says nothing.
    let invented = |number| format!("192.0.2.{number}, 198.51.100.7, 10.0.0.1");
    assert_eq!(let_through(&server, "x-forwarded-for", invented).await, 3);
    let named = |number| format!("203.0.113.9, 192.0.2.{number}, 10.0.0.1");
    assert_eq!(let_through(&server, "x-forwarded-for", named).await, 8);
    server.assert_unharmed();
}

async fn a_header_that_is_not_configured_is_not_believed(engine: Engine) {
    let address = |number| format!("192.0.2.{number}");
    for name in ["x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip"] {
        let server = Server::start(&counting(engine));
        assert_eq!(let_through(&server, name, address).await, 3, "{name}");
    }
    let headers = "GATEWRIGHT__ADVANCED__IP_ADDRESS__IP_ADDRESS_HEADERS";
    let server = Server::start(&counting(engine).variable(headers, "x-real-ip"));
    assert_eq!(let_through(&server, "x-forwarded-for", address).await, 3);
    assert_eq!(let_through(&server, "x-real-ip", address).await, 8);
    server.assert_unharmed();
}

async fn what_is_no_address_is_not_counted_as_one(engine: Engine) {
    let server = Server::start(&counting(engine));
    let text = |number| format!("somebody-{number}");
    assert_eq!(let_through(&server, "x-forwarded-for", text).await, 3);
    server.assert_unharmed();
}
