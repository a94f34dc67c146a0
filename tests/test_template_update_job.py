"""The scheduled job opens the template's changes as a request, and overwrites nobody's work.

Its real steps run against a template and an `origin` of the test's own, with a stand-in for
`gh` and a server on the loopback for GitLab.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from base64 import b64encode
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests.project import Project, copier, git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.project import Result

FILES = (
    "{{ _copier_conf.answers_file }}.jinja",
    ".ci/template-update",
    ".github/workflows/template-update.yml.jinja",
    ".gitlab-ci.yml.jinja",
    "LICENSE.jinja",
    "Makefile.jinja",
)
BRANCH = "template-update"
CLEAN = "Update from the template"
CONFLICTS = "Update from the template, with conflicts"

GH = """\
#!{python}
import json, sys
from pathlib import Path

state = Path({state!r})
request = json.loads(state.read_text())
arguments = sys.argv[1:]


def option(name):
    return arguments[arguments.index(name) + 1] if name in arguments else None


def fields():
    pairs = zip(arguments, arguments[1:])
    return dict(value.split("=", 1) for name, value in pairs if name == "--raw-field")


match arguments:
    case ["auth", "setup-git"]:
        pass
    case ["api", path, "--jq", ".[].number"]:
        assert path == "repos/org/shop/pulls?head=org:template-update&base=main"
        print(request.get("number", ""))
    case ["api", "--silent", "--method", "PATCH", "repos/org/shop/pulls/7", *_]:
        request |= {{"title": fields()["title"], "text": fields()["body"]}}
    case ["pr", "create", *_] if "--draft" in arguments and {no_drafts}:
        sys.exit("Draft pull requests are not supported in this repository.")
    case ["pr", "create", *_]:
        assert (option("--base"), option("--head")) == ("main", "template-update")
        request |= {{"number": 7, "title": option("--title"), "text": option("--body")}}
        request["draft"] = "--draft" in arguments
        request["opened"] = request.get("opened", 0) + 1
    case ["pr", "ready", "7", *more]:
        request["draft"] = more == ["--undo"]
    case _:
        sys.exit(f"unexpected: {{arguments}}")
state.write_text(json.dumps(request))
"""


@dataclass
class Job:
    """A project whose `origin` is local, and the job of its provider.

    Attributes:
        template: The template's repository.
        origin: The project's repository.
        work: A folder for checkouts.
    """

    template: "Path"
    origin: "Path"
    work: "Path"
    provider: ClassVar[str]

    @property
    def request(self) -> dict[str, object]:
        """The request that is open, if any."""
        raise NotImplementedError

    def steps(self, checkout: Project) -> str:
        raise NotImplementedError

    def variables(self) -> dict[str, str]:
        raise NotImplementedError

    def checkout(self, branch: str = "main") -> Project:
        """Clone the project as a CI does."""
        path = self.work / f"checkout-{len(list(self.work.iterdir()))}"
        shallow = ("--quiet", "--depth", "1", "--branch", branch)
        git(self.work, "clone", *shallow, f"file://{self.origin}", path)
        return Project(path)

    def run(self, *, check: bool = True, **variables: str) -> "Result":
        checkout = self.checkout()
        steps = self.steps(checkout)
        env = self.variables() | variables
        shell = ("bash", "-eo", "pipefail", "-c", steps)
        return checkout.run(*shell, check=check, env=env)

    def tip(self, branch: str) -> str:
        return git(
            self.origin,
            "for-each-ref",
            "--format=%(objectname)",
            f"refs/heads/{branch}",
        )

    def push(self, branch: str, old: str, new: str) -> None:
        """Change the licence on a branch, as a developer does."""
        checkout = self.checkout(branch)
        replace(checkout.path / "LICENSE", old, new)
        git(checkout.path, "commit", "--quiet", "-am", "Edit")
        git(checkout.path, "push", "--quiet", "origin", branch)

    def release(self, version: str, path: str, old: str, new: str) -> None:
        """Change a file of the template, and tag that."""
        replace(self.template / "template" / path, old, new)
        git(self.template, "commit", "--quiet", "-am", version)
        git(self.template, "tag", version)


@dataclass
class GitHub(Job):
    provider = "github"

    def __post_init__(self) -> None:
        self.state = self.work.parent / "request.json"
        self.state.write_text("{}")
        self.allow_drafts(allowed=True)

    def allow_drafts(self, *, allowed: bool) -> None:
        gh = self.work.parent / "bin" / "gh"
        gh.parent.mkdir(exist_ok=True)
        stand_in = {"state": str(self.state), "no_drafts": not allowed}
        gh.write_text(GH.format(python=sys.executable, **stand_in))
        gh.chmod(0o755)

    @property
    def request(self) -> dict[str, object]:
        request: dict[str, object] = json.loads(self.state.read_text())
        return request

    def steps(self, checkout: Project) -> str:
        workflow = checkout.read(".github/workflows/template-update.yml")
        steps = yaml.safe_load(workflow)["jobs"]["update"]["steps"]
        return "\n".join(step["run"] for step in steps if "run" in step)

    def variables(self) -> dict[str, str]:
        return {
            "PATH": f"{self.work.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "GH_TOKEN": "token",
            "GITHUB_REPOSITORY": "org/shop",
            "GITHUB_REPOSITORY_OWNER": "org",
            "GITHUB_REF_NAME": "main",
        }


@dataclass
class GitLab(Job):
    provider = "gitlab"

    def __post_init__(self) -> None:
        self.state: dict[str, object] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def request(self) -> dict[str, object]:
        if not self.state:
            return {}
        title = str(self.state["title"])
        return {
            "number": 7,
            "opened": self.state["opened"],
            "title": title.removeprefix("Draft: "),
            "text": self.state["description"],
            "draft": title.startswith("Draft: "),
        }

    def steps(self, checkout: Project) -> str:
        # GitLab checks out a commit.
        git(checkout.path, "switch", "--quiet", "--detach")
        pipeline = yaml.safe_load(checkout.read(".gitlab-ci.yml"))
        return "\n".join(pipeline["template-update"]["script"])

    def variables(self) -> dict[str, str]:
        address = f"127.0.0.1:{self.server.server_port}"
        return {
            "TEMPLATE_UPDATE_TOKEN": "token",
            "CI_SERVER_PROTOCOL": "http",
            "CI_SERVER_FQDN": address,
            "CI_SERVER_HOST": "127.0.0.1",
            "CI_PROJECT_URL": f"http://{address}/{self.origin.stem}",
            "CI_API_V4_URL": f"http://{address}/api/v4",
            "CI_PROJECT_ID": "42",
            "CI_COMMIT_BRANCH": "main",
        }

    def handler(self) -> type[BaseHTTPRequestHandler]:
        job = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if not url.path.startswith("/api/"):
                    return self.git()
                assert parse_qs(url.query) == {
                    "state": ["opened"],
                    "source_branch": [BRANCH],
                    "target_branch": ["main"],
                }
                found = [{"iid": 3, "source_project_id": 41}]
                if job.state:
                    found.append({"iid": 7, "source_project_id": 42})
                return self.api(url.path, "", found)

            def do_POST(self) -> None:
                if not self.path.startswith("/api/"):
                    return self.git()
                form = self.form()
                assert form.pop("source_branch") == BRANCH
                assert form.pop("target_branch") == "main"
                assert form.pop("remove_source_branch") == "true"
                job.state = {**form, "opened": 1}
                return self.api(self.path, "", {"iid": 7})

            def do_PUT(self) -> None:
                job.state.update(self.form())
                self.api(self.path, "/7", {"iid": 7})

            def form(self) -> dict[str, str]:
                fields = parse_qs(self.body().decode(), strict_parsing=True)
                return {name: values[0] for name, values in fields.items()}

            def body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def api(self, path: str, suffix: str, answer: object) -> None:
                assert path == f"/api/v4/projects/42/merge_requests{suffix}"
                if self.headers["PRIVATE-TOKEN"] != "token":
                    self.send_error(401)
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def git(self) -> None:
                credentials = b64encode(b"template-update:token").decode()
                if self.headers["Authorization"] != f"Basic {credentials}":
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="GitLab"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                url = urlsplit(self.path)
                result = subprocess.run(
                    ["git", "http-backend"],
                    input=self.body(),
                    capture_output=True,
                    check=True,
                    env={
                        **os.environ,
                        "GIT_PROJECT_ROOT": str(job.origin.parent),
                        "GIT_HTTP_EXPORT_ALL": "1",
                        "REMOTE_USER": "template-update",
                        "REQUEST_METHOD": self.command,
                        "PATH_INFO": url.path,
                        "QUERY_STRING": url.query,
                        "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                        "HTTP_CONTENT_ENCODING": self.headers.get(
                            "Content-Encoding", ""
                        ),
                    },
                )
                headers, _, content = result.stdout.partition(b"\r\n\r\n")
                self.send_response(200)
                for line in headers.decode().splitlines():
                    self.send_header(*line.split(": ", 1))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def replace(file: "Path", old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def start(source: "Path", tmp_path: "Path") -> "Iterator[Callable[[type[Job]], Job]]":
    """Return a function that makes a project of the template's v1.0.0 and its job."""
    servers = []

    def start_job(kind: type[Job]) -> Job:
        template = tmp_path / "django-arch"
        for name in FILES:
            (template / "template" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / "template" / name, template / "template" / name)
        shutil.copytree(source / "extensions", template / "extensions")
        shutil.copy(source / "copier.yml", template)
        git(template, "init", "--quiet")
        git(template, "add", "--all")
        git(template, "commit", "--quiet", "-m", "v1.0.0")
        git(template, "tag", "v1.0.0")

        origin, project = tmp_path / "shop.git", tmp_path / "shop"
        git(tmp_path, "init", "--quiet", "--bare", origin)
        git(origin, "config", "http.receivepack", "true")
        answer = ("-d", f"ci_provider={kind.provider}")
        copier("copy", "--trust", "--defaults", *answer, template, project)
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "-m", "Start")
        git(project, "push", "--quiet", origin, "main")

        work = tmp_path / "work"
        work.mkdir()
        job = kind(template, origin, work)
        if isinstance(job, GitLab):
            servers.append(job.server)
        return job

    yield start_job
    for server in servers:
        server.shutdown()
        server.server_close()


providers = pytest.mark.parametrize("kind", [GitHub, GitLab], ids=["github", "gitlab"])


@pytest.mark.exhaustive
@providers
def test_changes_become_a_request_and_later_ones_update_it(
    start: "Callable[[type[Job]], Job]", kind: type[Job]
) -> None:
    job = start(kind)
    main = job.tip("main")

    job.run()
    assert (job.tip(BRANCH), job.request) == ("", {})

    # Bash must not read on in a script that the update has replaced.
    job.release("v2.0.0", ".ci/template-update", "set -euo", f"#{'!' * 999}\nset -euo")
    job.run()
    first = job.tip(BRANCH)
    assert "#!!!" in git(job.origin, "show", f"{BRANCH}:.ci/template-update")
    assert git(job.origin, "rev-parse", f"{BRANCH}^") == main == job.tip("main")
    text = str(job.request["text"])
    assert text.startswith("Updated from v1.0.0 to v2.0.0.")
    assert job.request == {
        **{"number": 7, "opened": 1, "draft": False},
        **{"title": CLEAN, "text": text},
    }

    job.run()
    assert job.tip(BRANCH) == first

    job.release("v3.0.0", "LICENSE.jinja", "MIT License", "Their License")
    job.run()
    assert git(job.origin, "rev-parse", f"{BRANCH}^") == main
    assert "Their License" in git(job.origin, "show", f"{BRANCH}:LICENSE")
    assert str(job.request["text"]).startswith("Updated from v1.0.0 to v3.0.0.")
    assert job.request["opened"] == 1


@pytest.mark.exhaustive
@providers
def test_conflicts_make_a_draft_that_fails_the_checks(
    start: "Callable[[type[Job]], Job]", kind: type[Job]
) -> None:
    job = start(kind)
    job.push("main", "MIT License", "Our License")
    job.release("v2.0.0", "LICENSE.jinja", "MIT License", "Their License")
    job.run()
    assert (job.request["draft"], job.request["title"]) == (True, CONFLICTS)
    assert "`LICENSE`" in str(job.request["text"])

    result = job.checkout(BRANCH).run("make", "lint", check=False)
    assert result.returncode
    assert "LICENSE:1:<<<<<<< yours" in result.stdout
    assert "conflict markers" in result.stderr

    # Solved, and no longer in the way.
    job.push("main", "Our License", "Their License")
    job.run()
    assert (job.request["draft"], job.request["title"]) == (False, CLEAN)
    assert job.request["opened"] == 1


@pytest.mark.exhaustive
def test_what_somebody_has_committed_to_the_branch_stays(
    start: "Callable[[type[Job]], Job]",
) -> None:
    job = start(GitHub)
    job.release("v2.0.0", "LICENSE.jinja", "MIT License", "Their License")
    job.run()
    job.push(BRANCH, "Their License", "Our License")
    before, request = job.tip(BRANCH), job.request
    job.release("v3.0.0", "LICENSE.jinja", "Permission is", "Permission was")
    result = job.run(check=False)
    assert result.returncode
    assert f"{BRANCH} has other commits" in result.stderr
    assert (job.tip(BRANCH), job.request) == (before, request)


@pytest.mark.exhaustive
def test_the_report_names_no_ref_of_the_job(
    start: "Callable[[type[Job]], Job]",
) -> None:
    job = start(GitHub)
    job.push("main", "MIT License", "Our License")
    git(job.template, "rm", "--quiet", "template/LICENSE.jinja")
    git(job.template, "commit", "--quiet", "-m", "v2.0.0")
    git(job.template, "tag", "v2.0.0")
    job.run()
    assert "`git checkout origin/main -- PATH`" in str(job.request["text"])


@pytest.mark.exhaustive
@providers
def test_a_failed_update_is_not_committed(
    start: "Callable[[type[Job]], Job]", kind: type[Job]
) -> None:
    job = start(kind)
    project = job.checkout("main").path
    (project / "handbook").write_text("Ours.\n")
    git(project, "add", "handbook")
    git(project, "commit", "--quiet", "-m", "Handbook")
    git(project, "push", "--quiet", "origin", "HEAD:main")
    news = job.template / "template/handbook/news.md"
    news.parent.mkdir()
    news.write_text("News.\n")
    git(job.template, "add", "--all")
    job.release("v2.0.0", "LICENSE.jinja", "MIT License", "Their License")
    result = job.run(check=False)
    assert result.returncode
    assert "`handbook` is a file on one side" in result.stderr
    assert (job.tip(BRANCH), job.request) == ("", {})


@pytest.mark.exhaustive
def test_without_a_token_nothing_is_pushed(
    start: "Callable[[type[Job]], Job]",
) -> None:
    job = start(GitHub)
    job.release("v2.0.0", "LICENSE.jinja", "MIT License", "Their License")
    assert "::notice::" in job.run(GH_TOKEN="").stdout
    assert (job.tip(BRANCH), job.request) == ("", {})


@pytest.mark.exhaustive
def test_where_drafts_do_not_exist_the_title_warns(
    start: "Callable[[type[Job]], Job]",
) -> None:
    job = start(GitHub)
    assert isinstance(job, GitHub)
    job.allow_drafts(allowed=False)
    job.push("main", "MIT License", "Our License")
    job.release("v2.0.0", "LICENSE.jinja", "MIT License", "Their License")
    job.run()
    assert (job.request["draft"], job.request["title"]) == (False, CONFLICTS)


def test_lint_finds_conflict_markers_in_any_text(project: "Project") -> None:
    headings = "Title\n=======\n\n>>> 1\n\n>>>>>>>>\n"
    (project.path / "docs" / "headings.rst").write_text(headings)
    (project.path / "logo.png").write_bytes(b"\x00\n<<<<<<< yours\n")
    project.run("make", "lint")

    for path in (".env.example", "Makefile", "README.md", "docs/new.txt", "uv.lock"):
        file = project.path / path
        before = file.read_text() if file.exists() else ""
        file.write_text(f"{before}<<<<<<< before\n=======\n>>>>>>> after\n")
        result = project.run("make", "lint", check=False)
        assert result.returncode, path
        # Make itself does not get through its own file.
        assert f"{path}:" in (result.stderr if path == "Makefile" else result.stdout)
        file.write_text(before)
