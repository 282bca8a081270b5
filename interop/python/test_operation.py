"""What operators read of the server, read by what they read it with: Prometheus' parser,
OpenTelemetry's protobuf, a validator of OpenAPI and of JSON Schema."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from prometheus_client.parser import text_string_to_metric_families

from served import PATIENCE, Collector, Served

PASSWORD = "correct horse battery staple"
ADA = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}


@pytest.fixture(scope="module")
def served():
    server = Served(
        GATEWRIGHT__METRICS__LISTEN="127.0.0.1:0",
        GATEWRIGHT__OPEN_API__ENABLED="true",
        GATEWRIGHT__USER__CHANGE_EMAIL__ENABLED="true",
        GATEWRIGHT__USER__DELETE_USER__ENABLED="true",
    )
    yield server
    server.end()


@pytest.fixture(scope="module")
def document(served: Served) -> dict[str, Any]:
    status, document, _ = served.call("GET", "/open-api/generate-schema")
    assert status == 200
    return document


def test_the_document_is_valid_openapi_3_1(document):
    OpenAPIV31SpecValidator(document).validate()


def test_the_printed_document_is_valid_too(served):
    printed = subprocess.run([served.binary, "openapi"], capture_output=True, check=True, env={})
    OpenAPIV31SpecValidator(json.loads(printed.stdout)).validate()


def test_answers_are_what_the_document_says(served, document):
    """Every operation, as it goes well where it can and as it is refused."""
    seen = set()

    def ask(method: str, path: str, body: Any = None, template: str | None = None, **headers: str):
        status, answer, received = served.call(method, path, body, headers)
        template = template or path.partition("?")[0]
        operation = document["paths"][template][method.lower()]
        described = operation["responses"].get(str(status))
        assert described, f"{method} {template} answered {status}: {answer}"
        content = described.get("content", {})
        if page := content.get("text/html"):
            assert isinstance(answer, str) and page["schema"] == {"type": "string"}
        elif content := content.get("application/json"):
            # The document is the root that references lead into.
            schema = {**content["schema"], "components": document["components"]}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer)
        else:
            assert answer is None, f"{method} {template} answered {status} with {answer}"
        seen.add((template, method.lower(), status))
        return answer, received

    signed_up, received = ask("POST", "/sign-up/email", ADA)
    token = received["set-auth-token"]
    session = {"authorization": f"Bearer {token}"}
    ask("POST", "/sign-up/email", ADA)
    ask("POST", "/sign-up/email", {"email": 1})
    ask("GET", "/get-session", **session)
    ask("GET", "/get-session")
    ask("POST", "/get-session", {})
    ask("GET", "/jwks")
    ask("GET", "/ok")
    ask("GET", "/open-api/generate-schema")
    for path in ["/list-accounts", "/list-sessions", "/token"]:
        ask("GET", path, **session)
        ask("GET", path)
    ask("POST", "/sign-in/email", {**ADA, "callbackURL": "/welcome"})
    ask("POST", "/sign-in/email", {**ADA, "password": "wrong password"})
    ask("POST", "/sign-in/email", {**ADA, "callbackURL": "https://evil.example"})
    other, received = ask("POST", "/sign-in/email", ADA)
    ask("POST", "/sign-out", {}, authorization=f"Bearer {received['set-auth-token']}")
    ask("POST", "/request-password-reset", {"email": ADA["email"], "redirectTo": "/new"})
    ask("POST", "/reset-password", {"newPassword": PASSWORD, "token": "none"})
    ask("POST", "/reset-password?token=none", {"newPassword": PASSWORD})
    ask("GET", "/reset-password/none", template="/reset-password/{token}")
    ask("POST", "/send-verification-email", {"email": ADA["email"]}, **session)
    ask("GET", "/verify-email?token=none")
    ask("POST", "/update-user", {"name": "Ada L.", "image": None}, **session)
    ask("POST", "/update-user", {"email": "x@example.com"}, **session)
    ask("POST", "/update-user", {}, **session)
    ask("POST", "/update-session", {"theme": "dark"}, **session)
    ask("POST", "/verify-password", {"password": PASSWORD}, **session)
    ask("POST", "/verify-password", {"password": "wrong password"}, **session)
    change = {"currentPassword": PASSWORD, "newPassword": PASSWORD}
    ask("POST", "/change-password", change, **session)
    ask("POST", "/change-password", {**change, "newPassword": "short"}, **session)
    ask("POST", "/change-email", {"newEmail": "countess@example.com"}, **session)
    ask("POST", "/change-email", {"newEmail": "nobody"}, **session)
    ask("GET", "/error?error=access_denied")
    ask("POST", "/unlink-account", {"accountId": "none"}, **session)
    ask("POST", "/revoke-session", {"token": other["token"]}, **session)
    ask("POST", "/revoke-other-sessions", {}, **session)
    ask("GET", "/delete-user/callback?token=none", **session)
    ask("POST", "/delete-user", {"password": "wrong password"}, **session)
    ask("POST", "/delete-user", {"password": PASSWORD}, **session)
    ask("POST", "/revoke-sessions", {}, **session)
    again, received = ask("POST", "/sign-up/email", ADA)
    ask("POST", "/revoke-sessions", {}, authorization=f"Bearer {received['set-auth-token']}")

    operations = {
        (path, method) for path, item in document["paths"].items() for method in item
    }
    assert {(path, method) for path, method, _ in seen} == operations


def test_prometheus_reads_the_figures(served):
    served.call("GET", "/ok")
    served.call("GET", "/no/such/path")
    address = f"http://{served.about['metrics']}/metrics"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        text = answer.read().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    requests = families["gatewright_http_requests"]
    assert requests.type == "counter"
    labels = [sample.labels for sample in requests.samples]
    assert {"route": "/api/auth/ok", "method": "GET", "status": "2xx"} in labels
    assert {"route": "-", "method": "GET", "status": "4xx"} in labels
    assert all(family.documentation for family in families.values())
    durations = families["gatewright_http_request_duration_seconds"]
    assert durations.type == "histogram"
    buckets = [
        sample
        for sample in durations.samples
        if sample.name.endswith("_bucket") and sample.labels["route"] == "/api/auth/ok"
    ]
    counts = [sample.value for sample in buckets]
    assert counts == sorted(counts) and buckets[-1].labels["le"] == "+Inf"


def test_opentelemetry_reads_the_traces():
    collector = Collector()
    server = Served(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test,text=a%2Cb",
    )
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    traced = {"traceparent": f"00-{trace}-{parent}-01"}
    assert server.call("POST", "/sign-up/email", ADA, traced)[0] == 200
    assert server.call("GET", "/no/such/path?token=x")[0] == 404
    unwanted = {"traceparent": f"00-{'ab' * 16}-{parent}-00"}
    assert server.call("GET", "/ok", None, unwanted)[0] == 200
    server.end()
    collector.end()

    spans: list[Span] = []
    for body in collector.bodies:
        request = ExportTraceServiceRequest.FromString(body)
        # Read and written again it is the same: nothing in it is unknown.
        assert len(request.SerializeToString()) == len(body)
        for of_resource in request.resource_spans:
            attributes = {a.key: a.value.string_value for a in of_resource.resource.attributes}
            assert attributes["service.name"] == "gatewright"
            assert attributes["deployment.environment.name"] == "test"
            assert attributes["text"] == "a,b"
            for of_scope in of_resource.scope_spans:
                assert of_scope.scope.name == "gatewright"
                spans.extend(of_scope.spans)

    ours = [span for span in spans if span.trace_id.hex() == trace]
    [sign_up] = [span for span in ours if span.kind == Span.SPAN_KIND_SERVER]
    assert sign_up.name == "POST /api/auth/sign-up/email"
    assert sign_up.parent_span_id.hex() == parent
    assert sign_up.status.code == Status.STATUS_CODE_UNSET
    attributes = {a.key: a.value for a in sign_up.attributes}
    assert attributes["http.request.method"].string_value == "POST"
    assert attributes["http.route"].string_value == "/api/auth/sign-up/email"
    assert attributes["http.response.status_code"].int_value == 200
    assert set(attributes) == {
        "http.request.method", "http.route", "http.response.status_code",
    }
    [hashing] = [span for span in ours if span.name == "password.hash"]
    assert hashing.kind == Span.SPAN_KIND_INTERNAL
    assert hashing.parent_span_id == sign_up.span_id and hashing.span_id != sign_up.span_id
    assert sign_up.start_time_unix_nano <= hashing.start_time_unix_nano
    assert hashing.end_time_unix_nano <= sign_up.end_time_unix_nano
    assert hashing.end_time_unix_nano - hashing.start_time_unix_nano > 1_000_000

    [unknown] = [span for span in spans if span.trace_id.hex() not in (trace, "ab" * 16)]
    assert unknown.name == "GET" and unknown.parent_span_id == b""
    assert not [span for span in spans if span.trace_id.hex() == "ab" * 16]
