//! What operators look at: `metrics`, `open_api`, `telemetry`.

use serde_json::json;

use super::super::telemetry;
use super::{Key, Takes};

keys! {
    "metrics.listen", "The address for Prometheus, of its own; without it there are no metrics",
        |from| json!(from.metrics_listen) => Takes::Text(|to, text| {
        let address = text.parse().map_err(|_| "takes an address like 127.0.0.1:9464".to_owned())?;
        to.metrics_listen = Some(address);
        Ok(())
    });
    "open_api.enabled", "The description of the API is served at /open-api/generate-schema",
        |from| json!(from.open_api.enabled) => Takes::Flag(|to, on| to.open_api.enabled = on);
    "telemetry.otlp_endpoint", "The OpenTelemetry collector that traces go to, as OTLP over HTTP; none unless set",
        |from| json!(from.telemetry.otlp_endpoint) => Takes::Text(|to, text| {
        telemetry::endpoint(text)?;
        to.telemetry.otlp_endpoint = Some(text.to_owned());
        Ok(())
    });
    "telemetry.sample_ratio", "The share of traces that is kept, of those that no caller decided about",
        |from| json!(from.telemetry.sample_ratio) => Takes::Ratio(|to, n| to.telemetry.sample_ratio = n);
    "telemetry.service_name", "What the server is called in traces",
        |from| json!(from.telemetry.service_name) => Takes::Text(|to, text| {
        text.clone_into(&mut to.telemetry.service_name);
        Ok(())
    });
}
