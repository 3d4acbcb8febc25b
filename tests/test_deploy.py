"""What deploy/ holds is understood by those it is for, and the balancer keeps its promises."""

import http.client
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from benchmarks import servers

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
KUBERNETES = "1.37"  # the schemas that kubernetes-validate brings
REPLICAS = ("app1", "app2")


def manifests() -> list[dict]:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [one for file in files for one in yaml.safe_load_all(file.read_text(encoding="utf-8"))]


def test_kubernetes_knows_every_field_of_the_manifests() -> None:
    kinds = []
    for manifest in manifests():
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        kinds.append(manifest["kind"])

    assert {"Deployment", "Service", "HorizontalPodAutoscaler"} <= set(kinds)


@pytest.mark.parametrize(
    ("schema", "file"),
    [("compose-spec", "deploy/compose.yaml"), ("github-workflows", ".github/workflows/ci.yml")],
)
def test_compose_and_workflow_say_what_may_be_said(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", file]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_containers_write_nothing_and_may_do_nothing() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    (deployment,) = (one for one in manifests() if one["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    for name in REPLICAS:
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["networks"] == ["inside"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    user = re.search(r"^USER (\d+):", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert user
    assert pod["securityContext"]["runAsUser"] == int(user[1])
    assert pod["securityContext"]["runAsNonRoot"]


# --- the balancer, in front of two servers that only say who they are ---------------------------------------


class Replica(ThreadingHTTPServer):
    """Answers with its name."""

    def __init__(self, name: str):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(200)
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                self.wfile.write(name.encode())

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


@pytest.fixture
def balanced(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[int, dict[str, Replica]]]:
    """The port of deploy/nginx.conf in front of two replicas, and these; a parameter is ``split_clients``."""
    if servers.NGINX is None:
        pytest.skip("nginx is not installed")
    replicas = {name: Replica(name) for name in REPLICAS}
    ports = {name: replica.server_port for name, replica in replicas.items()}
    balancer = servers.Balancer(tmp_path, ports, split=getattr(request, "param", ""))
    yield balancer.port, replicas
    balancer.stop()
    for replica in replicas.values():
        replica.stop()


def ask(port: int, cookie: str = "", *, method: str = "GET", size: int = 0) -> tuple[int, str, str]:
    """The status, who answered, and the cookie that was set."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": cookie} if cookie else {}
    try:
        connection.request(method, "/", body=bytes(size) if size else None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), (answer.getheader("Set-Cookie") or "").partition(";")[0]
    finally:
        connection.close()


def test_a_visitor_stays_with_one_replica_until_that_is_gone(balanced) -> None:
    port, replicas = balanced
    first = [ask(port) for _ in range(24)]
    homes = {cookie: home for _, home, cookie in first}

    again = [{cookie: ask(port, cookie) for cookie in homes} for _ in range(5)]

    assert homes == {f"superres_replica={name}": name for name in REPLICAS}
    assert again == [{cookie: (200, home, "") for cookie, home in homes.items()}] * 5
    assert ask(port, "superres_replica=invented")[2] in homes

    replicas["app1"].stop()
    moved = ask(port, "superres_replica=app1")

    # They stay there also when the first comes back, which knows them no longer.
    assert moved == (200, "app2", "superres_replica=app2")
    assert ask(port, "superres_replica=app1", method="POST", size=1000)[:2] == (200, "app2")
    assert {ask(port)[:2] for _ in range(12)} == {(200, "app2")}


@pytest.mark.parametrize("balanced", ["*   app2;"], indirect=True)
def test_a_replica_that_shall_go_keeps_its_visitors_and_gets_no_others(balanced) -> None:
    port, _ = balanced

    assert {ask(port)[1] for _ in range(24)} == {"app2"}
    assert ask(port, "superres_replica=app1") == (200, "app1", "")


def test_uploads_of_the_allowed_size_pass_and_larger_ones_do_not(balanced) -> None:
    port, _ = balanced

    assert ask(port, method="POST", size=101 * 2**20)[0] == 200
    try:
        refused = ask(port, method="POST", size=120 * 2**20)[0]
    except (BrokenPipeError, ConnectionResetError):  # it stopped listening
        refused = 413
    assert refused == 413
