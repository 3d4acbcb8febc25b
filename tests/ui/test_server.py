"""What the server sends with every answer, and what it does not answer."""

import urllib.error
import urllib.request
from http.client import HTTPMessage

import pytest

from ui.server import security_headers


def headers_of(url: str) -> HTTPMessage:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.headers


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/static/index.html"])
def test_every_answer_has_security_headers(app_server: str, path: str):
    headers = headers_of(app_server + path)

    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/upscale/_stcore/metrics"])
def test_metrics_are_not_for_visitors(app_server: str, path: str):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(app_server + path, timeout=20)

    with refused.value as answer:
        assert answer.code == 404
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_scripts_within_the_page_are_allowed_by_their_hashes_alone():
    policy = security_headers("<script>alert(1)</script><script src='a.js'></script>")[
        "Content-Security-Policy"
    ]

    # printf 'alert(1)' | openssl dgst -sha256 -binary | base64
    assert "script-src 'self' blob: 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';" in policy
