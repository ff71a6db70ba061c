"""Fetching: mirror, cache, network; a server that fails, truncates and lies."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from lfa1_analysis.io.errors import InputError
from lfa1_cli import main as cli
from lfa1_md.protein import catalogue, fetch, models

ENTRY = "9XYZ"


class Server(ThreadingHTTPServer):
    """Answers with the entries of `script`, in order; the last one for ever."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.requests = [], []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/{{middle}}/{{entry}}.cif.gz"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.requests.append(self.path)
        status, body, length = server.script[min(len(server.requests), len(server.script)) - 1]
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def good(data):
    return 200, data, len(data)


@pytest.fixture(scope="module")
def content():
    return models.path("closed").read_bytes()


@pytest.fixture(autouse=True)
def own_world(tmp_path, monkeypatch):
    """Set up a catalogue with one more entry, an empty cache, no mirror and no waiting."""
    described = {
        "entry": ENTRY,
        "chain": "A",
        "range": [128, 307],
        "state": "closed",
        "metal": "MG",
        "citation": "the embedded model, as if it were an entry",
    }
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump({"entries": [described]}))
    monkeypatch.setenv(catalogue.OWN, str(own))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(fetch.MIRROR, raising=False)
    monkeypatch.setattr(fetch, "BACKOFF", 0.0)
    monkeypatch.setattr(fetch, "TIMEOUT", (2.0, 2.0))


@pytest.fixture
def server():
    running = Server()
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def get(server, *script, **options):
    server.script = list(script)
    return fetch.fetch(ENTRY, servers=(server.address,), **options)


def test_the_network_is_asked_once_then_the_cache(server, content):
    first = get(server, good(gzip.compress(content)))
    assert first.parent == fetch.cache()
    assert gzip.decompress(first.read_bytes()) == content
    assert get(server, (500, b"", 0)) == first
    assert server.requests == ["/xy/9xyz.cif.gz"]


def test_a_damaged_cache_is_fetched_again(server, content):
    packed = gzip.compress(content)
    cached = get(server, good(packed))
    cached.write_bytes(cached.read_bytes()[:1000])
    assert gzip.decompress(get(server, good(packed)).read_bytes()) == content
    assert len(server.requests) == 2


def test_the_mirror_comes_before_cache_and_network(server, content, tmp_path, monkeypatch):
    empty, folder = tmp_path / "empty", tmp_path / "mirror"
    empty.mkdir()
    folder.mkdir()
    (folder / "9xyz.cif").write_bytes(content)
    monkeypatch.setenv(fetch.MIRROR, f"{empty}:{folder}")
    assert get(server, (404, b"", 0)) == folder / "9xyz.cif"
    assert not server.requests and not fetch.cache().exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failing_server_is_asked_again(server, content, status):
    assert get(server, (status, b"", 0), (status, b"", 0), good(gzip.compress(content))).exists()
    assert len(server.requests) == 3


def test_a_truncated_answer_is_asked_for_again(server, content):
    packed = gzip.compress(content)
    assert get(server, (200, packed[:5000], len(packed)), good(packed)).exists()
    assert len(server.requests) == 2


def test_endless_truncation_ends_with_a_message(server, content):
    packed = gzip.compress(content)
    with pytest.raises(InputError, match=ENTRY) as error:
        get(server, (200, packed[:5000], len(packed)))
    assert server.address.split("/{")[0] in error.value.problem
    assert fetch.MIRROR in error.value.remedy
    assert nothing_cached()


def test_no_such_file_is_not_asked_for_again(server):
    with pytest.raises(InputError, match="HTTP 404"):
        get(server, (404, b"", 0))
    assert len(server.requests) == 1


def test_the_next_server_is_asked(server, content):
    packed = gzip.compress(content)
    server.script = [(404, b"", 0), good(packed)]
    assert fetch.fetch(ENTRY, servers=(server.address, server.address)).exists()


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"127\.0\.0\.1:1/"):
        fetch.fetch(ENTRY, servers=("http://127.0.0.1:1/{entry}",))


def test_another_sequence_is_refused_and_not_cached(server, content):
    changed = content.replace(b"TRP", b"PHE").replace(b" LEU", b" ILE", 400)
    with pytest.raises(InputError, match=ENTRY):
        get(server, good(gzip.compress(changed)))
    assert nothing_cached()


@pytest.mark.parametrize("body", [b"", b"<html>maintenance</html>"])
def test_what_is_no_structure_is_refused(server, body):
    with pytest.raises(InputError, match=ENTRY):
        get(server, good(body))
    assert nothing_cached()


def test_a_wrong_file_in_the_mirror_is_refused(content, tmp_path, monkeypatch):
    (tmp_path / "9xyz.pdb").write_text("")
    monkeypatch.setenv(fetch.MIRROR, str(tmp_path))
    with pytest.raises(InputError, match=r"9xyz\.pdb: the file is empty"):
        fetch.fetch(ENTRY)


def test_a_mirror_that_is_no_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(fetch.MIRROR, str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nowhere is no folder"):
        fetch.fetch(ENTRY)


@pytest.mark.parametrize("name", ["copy.cif", "copy.cif.gz"])
def test_output_is_written_as_its_name_says(server, content, tmp_path, name):
    output = get(server, good(gzip.compress(content)), output=tmp_path / "deep" / name)
    data = output.read_bytes()
    assert (gzip.decompress(data) if name.endswith(".gz") else data) == content
    assert [p.name for p in output.parent.iterdir()] == [name]


def test_the_program_lists_and_fetches(content, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(fetch.MIRROR, str(tmp_path))
    (tmp_path / "9xyz.cif.gz").write_bytes(gzip.compress(content))
    assert cli.main(["structures", "list"]) == 0
    assert {"1CQP", ENTRY, "closed"} <= set(capsys.readouterr().out.split())
    output = tmp_path / "copy.cif"
    assert cli.main(["structures", "fetch", ENTRY.lower(), "--output", str(output)]) == 0
    assert output.read_bytes() == content
    assert cli.main(["structures", "fetch", "7ZZZ"]) == 2
    assert "7ZZZ: no such entry in the catalogue" in capsys.readouterr().err


def test_unknown_entries_are_not_looked_for(server):
    with pytest.raises(InputError, match="no such entry in the catalogue"):
        fetch.fetch("7ZZZ", servers=(server.address,))
    assert not server.requests


@pytest.mark.network
@pytest.mark.parametrize("name", ["3F74", "1CQP", "1MQ8", "3HI6", "1MQ9"])
def test_the_wwpdb_has_what_the_catalogue_describes(name):
    from lfa1_md.protein.input import coordinates

    file = fetch.fetch(name)
    assert coordinates.read(file).resolution == pytest.approx(
        catalogue.find(name).resolution, abs=0.05
    )


def nothing_cached():
    return not fetch.cache().exists() or not list(fetch.cache().iterdir())


def test_any_entry_is_fetched_and_kept(server, content, tmp_path):
    """An integrin's entry needs no description in the catalogue, but must be a structure."""
    server.script = [good(gzip.compress(content))]
    file = fetch.fetch_any("5E6R", servers=(server.address,))
    assert server.requests == ["/e6/5e6r.cif.gz"]
    assert fetch.fetch_any("5E6R", servers=(server.address,)) == file
    assert len(server.requests) == 1
    server.script = [good(b"<html>sorry</html>")]
    with pytest.raises(InputError, match="is an HTML page, not a structure"):
        fetch.fetch_any("3K6S", servers=(server.address,))


def test_the_alphafold_database_is_asked_for_its_latest_version(server, content):
    place = server.address.split("/{", maxsplit=1)[0]
    found = [{"cifUrl": f"{place}/files/AF-P20701-F1-model_v6.cif"}]
    server.script = [good(json.dumps(found).encode()), good(content)]
    file = fetch.fetch_any("AF-P20701-F1", alphafold=place)
    assert server.requests == ["/api/prediction/P20701", "/files/AF-P20701-F1-model_v6.cif"]
    assert gzip.decompress(file.read_bytes()) == content
    server.script, server.requests = [good(content)], []
    fetch.fetch_any("AF-P05107-F1-model_v4", alphafold=place)
    assert server.requests == ["/files/AF-P05107-F1-model_v4.cif"]


def test_a_model_that_the_database_lacks_is_said(server):
    server.script = [good(b"[]")]
    place = server.address.split("/{", maxsplit=1)[0]
    with pytest.raises(InputError, match="has no such model"):
        fetch.fetch_any("AF-P20701-F9", alphafold=place)


@pytest.mark.parametrize("name", ["AF-P20701-F1", "AF-P20701-F1-model_v6", "5E6R"])
def test_names_that_may_be_fetched(name):
    assert fetch.is_entry(name)
    assert not fetch.is_entry(f"{name}/x") and not fetch.is_entry("my-model.cif")
