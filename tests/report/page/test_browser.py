"""The page in Chromium: no errors, nothing loaded, and every control does what it says."""

import pytest
import synthetic_trajectory
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_report.page.build import write_page

pytest.importorskip("websocket", reason="websocket-client drives the browser")
driver = pytest.importorskip("browser")
pytestmark = [
    pytest.mark.skipif(
        driver.CHROMIUM is None, reason="no chromium here (Debian: apt install chromium)"
    ),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def written(write_study, tmp_path_factory):
    root = write_study(tmp_path_factory.mktemp("b"), n_frames=30, replicas=3, states=("closed",))
    synthetic_trajectory.write(root, "closed-mg", replicas=2, frames=5)
    compare(root / "analysis", root / "comparison")
    text = (root / "config.yaml").read_text(encoding="utf-8")
    write_page(root, root / "report.html", configuration(root), text)
    return root / "report.html"


@pytest.fixture(scope="module")
def chromium():
    with driver.browser() as tab:
        yield tab


@pytest.fixture
def tab(chromium, written):
    chromium.errors.clear()
    chromium.requests.clear()
    chromium.media()
    chromium.size(1280, 800)
    chromium.open(written)
    yield chromium
    assert chromium.errors == []
    # Only the file itself: nothing from the network, nothing beside it.
    outside = [url for url in chromium.requests if not url.startswith(("data:", "blob:"))]
    assert set(outside) <= {written.resolve().as_uri()}


def see(tab, name):
    tab.run(f"document.getElementById('{name}').scrollIntoView({{behavior: 'instant'}})")


def plot(tab, name):
    see(tab, f"fig-{name}")
    tab.wait(f"document.querySelector('#fig-{name} .tools')")
    return f"document.querySelector('#fig-{name} .still > svg')"


def width(tab, svg):
    return tab.run(f"{svg}.viewBox.baseVal.width")


def press(tab, name, label):
    tab.run(f"document.querySelector('#fig-{name} button[aria-label=\"{label}\"]').click()")


def test_the_first_screen_is_one_screen(tab):
    assert tab.run("document.querySelector('header.top').getBoundingClientRect().bottom") <= 800
    lights = tab.run("[...document.querySelectorAll('.check')].map(l => l.innerText)")
    assert len(lights) == 5 and all(len(light.splitlines()) >= 2 for light in lights)


def test_figures_zoom_hide_replicas_and_give_their_data(tab):
    name = "opening_time_closed-mg"
    svg = plot(tab, name)
    wide = width(tab, svg)
    press(tab, name, "Zoom in")
    assert width(tab, svg) == pytest.approx(0.6 * wide)
    press(tab, name, "Reset the view")
    assert width(tab, svg) == pytest.approx(wide)
    boxes = f"document.querySelectorAll('#fig-{name} [data-box]')"
    assert tab.run(f"{boxes}.length") == 3
    tab.run(f"{boxes}[1].click()")
    hidden = (
        f"[...{svg}.querySelectorAll('[data-replica]')].filter(g => g.style.display === 'none')"
        ".map(g => g.dataset.replica)"
    )
    assert set(tab.run(hidden)) == {"1"}
    press(tab, name, "Hide all replicas")
    assert set(tab.run(hidden)) == {"0", "1", "2"}
    text = tab.run(f"Page.table(document.getElementById('fig-{name}'))")
    assert text.splitlines()[0] == "time_ns,alpha7_shift_angstrom,replica"


def test_the_values_under_the_pointer_are_read(tab):
    svg = plot(tab, "opening_time_closed-mg")
    tab.run(
        f"(() => {{ const box = {svg}.getBoundingClientRect();"
        f" {svg}.dispatchEvent(new PointerEvent("
        "'pointermove', {clientX: box.x + box.width / 2, clientY: box.y + box.height / 2})); })()"
    )
    words = tab.run("document.querySelector('#fig-opening_time_closed-mg .values').textContent")
    assert "time (ns): " in words and "α7 shift (Å): " in words


def test_pictures_download_as_svg_and_png(tab, tmp_path):
    tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    plot(tab, "road")
    for kind in ("SVG", "PNG"):
        press(tab, "road", f"Download as {kind}")
        file = tmp_path / f"road.{kind.lower()}"
        for _ in range(100):
            if file.is_file() and file.stat().st_size:
                break
            tab.run("new Promise(done => setTimeout(done, 50))")
        start = file.read_bytes()[:4]
        assert start == (b"<svg" if kind == "SVG" else b"\x89PNG")


def test_dark_and_light(tab):
    paper = "getComputedStyle(document.body).backgroundColor"
    light = tab.run(paper)
    tab.run("document.getElementById('theme').click()")
    assert tab.run(paper) != light
    tab.run("document.getElementById('theme').click()")
    assert tab.run(paper) == light


# WCAG 2.2, 1.4.3: at least 4.5 between text and what is behind it.
_CONTRAST = """(() => {
  const channel = (v) => { v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const c = rgb(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const all = 'header *, main p, summary, .check *, figcaption, th, td, button, label';
  for (const node of document.querySelectorAll(all)) {
    if (!node.innerText?.trim() || !node.offsetParent) continue;
    if (node.closest('[aria-hidden=true]')) continue;
    const a = light(rgb(getComputedStyle(node).color)), b = light(behind(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${node.innerText.slice(0, 30)}`);
  }
  return poor;
})()"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_contrast(tab, theme):
    tab.run(f"document.documentElement.dataset.theme = '{theme}'")
    tab.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert tab.run(_CONTRAST) == []


def test_everything_is_reached_and_named_for_the_keyboard(tab):
    tab.key("Tab", 9)
    assert tab.run("document.activeElement.className") == "skip"
    plot(tab, "road")
    nameless = """[...document.querySelectorAll('button, a[href], input, select, summary')]
      .filter((each) => !(each.getAttribute('aria-label') || each.textContent.trim()
        || each.labels?.[0]?.textContent.trim() || each.closest('[hidden]') || !each.offsetParent))
      .map((each) => each.outerHTML)"""
    assert tab.run(nameless) == []
    named = """[...document.querySelectorAll('[role=img]')].every((each) =>
      each.getAttribute('aria-label') || each.getAttribute('aria-labelledby').split(' ')
        .every((id) => document.getElementById(id).textContent.trim()))"""
    assert tab.run(named)
    # A focused button answers the keyboard and shows that it has the focus.
    svg = plot(tab, "road")
    before = width(tab, svg)
    tab.run("document.querySelector('#fig-road button[aria-label=\"Zoom in\"]').focus()")
    tab.send(
        "Input.dispatchKeyEvent",
        **{
            "type": "keyDown",
            "key": "Enter",
            "code": "Enter",
            "text": "\r",
            "windowsVirtualKeyCode": 13,
        },
    )
    tab.wait(f"{svg}.viewBox.baseVal.width < {before}")


def test_the_molecule_turns_with_time_and_choice(tab, tmp_path):
    see(tab, "view")
    tab.wait(
        "document.querySelector('#canvas')?._fullLayout"
        " && !document.getElementById('frame').disabled",
        40,
    )
    assert tab.run("document.querySelectorAll('#run option').length") == 2
    first = tab.run("document.getElementById('moment').innerText")
    slider = "document.getElementById('frame')"
    tab.run(f"{slider}.value = 3; {slider}.dispatchEvent(new Event('input'))")
    assert "frame 4 of 5" in tab.run("document.getElementById('moment').innerText") != first
    rows = tab.run("[...document.querySelectorAll('#held tbody tr')].map((row) => row.innerText)")
    assert len(rows) == 6 and any("Ser139 OG" in row for row in rows)
    assert all(1.8 < float(row.split()[-1]) <= 2.6 for row in rows)
    tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    tab.run("document.getElementById('view-csv').click()")
    file = tmp_path / "view_closed_Mg_replica_0.csv"
    tab.run("new Promise(done => setTimeout(done, 500))")
    lines = file.read_text().splitlines()
    assert lines[0] == "time_ns,metal,oxygen,distance_angstrom" and len(lines) == 1 + 5 * 6
    tab.run("document.querySelector('.viewer input[value=open]').click()")
    traces = "document.getElementById('canvas').data"
    tab.wait(f"{traces}.every((t) => t.name !== 'open crystal' || !t.visible)", 30)


def test_print_shows_still_figures_in_light_colours(tab):
    tab.run("document.getElementById('theme').click()")
    tab.media("print")
    tab.run("dispatchEvent(new Event('beforeprint'))")
    assert tab.run("document.querySelectorAll('.still > svg').length") >= 5
    assert tab.run("[...document.querySelectorAll('.tools')].every((each) => !each.offsetParent)")
    # The flat crystals stand for the 3-D view, which cannot be printed.
    assert tab.run("document.querySelector('details.flat').open") is True
    colour = "getComputedStyle(document.querySelector('ol.refs a')).color"
    assert tab.run(colour) == "rgb(11, 95, 148)"
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert tab.run("document.querySelector('details.flat').open") is False


def test_a_narrow_window_needs_no_sideways_scrolling(tab):
    tab.size(360, 740)
    plot(tab, "road")
    tab.wait("document.documentElement.scrollWidth <= 360")


@pytest.mark.slow
def test_without_script_and_without_webgl_the_page_still_tells(written):
    with driver.browser(
        "--disable-gpu", "--disable-3d-apis", "--disable-software-rasterizer"
    ) as tab:
        tab.open(written)
        tab.run("document.getElementById('view').scrollIntoView()")
        assert tab.run("!document.querySelector('.no-webgl').hidden")
        tab.wait("document.querySelector('#fig-overlay .tools')")
        tab.send("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(written)
        tab.send("Emulation.setScriptExecutionDisabled", value=False)
        assert tab.run("document.querySelectorAll('.still svg').length") >= 8
