"""A careful old eye on the kiosk's glass: what is cut, covered, faint, tiny, too small to press or outside it."""

from playwright.sync_api import Page

TARGET_PX = 111  # 20 mm on a 15.6-inch screen of 1920 px
CONTRAST = 7.0
GROWN_PX = 76  # a hanzi of 14 mm on a 15.6-inch screen
PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)


def looked_at(page: Page) -> list[str]:
    """What a careful eye finds: cut text, small targets, faint letters, things outside the glass."""
    return page.evaluate(LOOK, {"target": TARGET_PX, "contrast": CONTRAST})


def not_doubled(page: Page, part: float = 1.0) -> list[str]:
    """What of a screen in large type is not set twice as large as in the usual one, as it is painted; what is large as it
    is must be of GROWN_PX. `part`: of that, which long words may be set to rather than be cut."""
    return page.evaluate(GROWTH, {"grown": GROWN_PX, "part": part})


def looked_at_both_ways(page: Page, doubled: float = 0.0) -> list[str]:
    """On a screen that lies and on one that stands: a page that is turned is laid out as one that was loaded so, as
    tests/browser/test_kiosk_layout.py sees. `doubled`: of twice the usual type, what this must have grown to."""
    faults: list[str] = []
    for size in (LANDSCAPE, PORTRAIT):
        turn(page, size)
        faults += [f"{size[0]}x{size[1]}: {fault}" for fault in looked_at(page)]
        faults += [
            f"{size[0]}x{size[1]}: {fault}" for fault in (not_doubled(page, doubled) if doubled else [])
        ]
    return faults


def turn(page: Page, size: tuple[int, int]) -> None:
    """Give the glass another size, and wait until the page is laid out for it: a page hears of its size in the frame in
    which it has it."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function(
        "([width, height]) => innerWidth === width && innerHeight === height", arg=list(size)
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


LOOK = """({target, contrast}) => {
    const faults = [];
    const rgb = (text) => (text.match(/[\\d.]+/g) ?? ['0','0','0']).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const over = (top, under) => { const a = top[3] ?? 1; return [0, 1, 2].map((i) => top[i] * a + under[i] * (1 - a)); };
    const ground = (node) => {
        const layers = [];
        for (let n = node; n; n = n.parentElement) {
            const style = getComputedStyle(n);
            if (style.backgroundImage.includes('gradient') && n.id === 'kiosk') { layers.push(rgb('rgb(11, 74, 143)')); break; }
            layers.push(rgb(style.backgroundColor));
            if ((rgb(style.backgroundColor)[3] ?? 1) === 1) break;
        }
        return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
    };
    const lid = document.querySelector('#cover, .warning');
    for (const node of document.querySelectorAll('#kiosk *')) {
        const own = [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim());
        const box = node.getBoundingClientRect();
        if (!box.width || !box.height) continue;
        const where = `${node.className?.baseVal ?? node.className} "${node.textContent.slice(0, 24)}"`;
        const paged = node.closest('[data-reading]');
        if (!paged && (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1)
            && !node.closest('svg')) faults.push(`outside: ${where} ${Math.round(box.right)}x${Math.round(box.bottom)}`);
        if (node.matches('button') && (box.width < target || box.height < target))
            faults.push(`small: ${where} ${Math.round(box.width)}x${Math.round(box.height)}`);
        if (!own) continue;
        const style = getComputedStyle(node);
        const clamped = style.webkitLineClamp !== 'none';
        const line = parseFloat(style.lineHeight);
        if (clamped && Math.abs(node.clientHeight / line - Math.round(node.clientHeight / line)) > 0.1)
            faults.push(`half a line: ${where}`);
        if (clamped && node.scrollHeight > node.clientHeight + line / 2) faults.push(`clamped: ${where}`);
        if (!clamped && !paged && (node.scrollWidth > node.clientWidth + 2) && style.display !== 'inline')
            faults.push(`cut: ${where}`);
        for (let up = node.parentElement; !paged && up && up.id !== 'kiosk'; up = up.parentElement) {
            if (getComputedStyle(up).overflow !== 'hidden') continue;
            const frame = up.getBoundingClientRect();
            if (!frame.width) continue;
            if (box.bottom > frame.bottom + 2 || box.right > frame.right + 2 || box.top < frame.top - 2)
                faults.push(`cut by ${up.className}: ${where}`);
        }
        const text = document.createRange();
        text.selectNodeContents(node);
        const [line1] = text.getClientRects();
        for (const y of line1 && !clamped && !paged && (!lid || lid.contains(node)) ? [line1.top + line1.height * 0.25, line1.bottom - line1.height * 0.25] : []) {
            const seen = document.elementFromPoint(line1.left + 4, y);
            if (seen && !seen.contains(node) && !node.contains(seen)) faults.push(`covered: ${where}`);
        }
        const [a, b] = [light(rgb(style.color)), light(ground(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < contrast) faults.push(`faint ${ratio.toFixed(1)}: ${where}`);
        if (parseFloat(style.fontSize) < 22) faults.push(`tiny ${style.fontSize}: ${where}`);
    }
    const buttons = [...document.querySelectorAll(document.querySelector('.warning') ? '.warning button' : '#kiosk button')].map((b) => b.getBoundingClientRect());
    buttons.forEach((one, i) => buttons.slice(i + 1).forEach((two) => {
        if (one.left < two.right - 1 && two.left < one.right - 1 && one.top < two.bottom - 1 && two.top < one.bottom - 1)
            faults.push('two buttons overlap');
    }));
    return faults;
}"""

GROWTH = """({grown, part}) => {
    const root = document.documentElement;
    const texts = [...document.querySelectorAll('#kiosk *')].filter((node) => node.getClientRects().length
        && [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim()));
    const sizes = (zoomed) => texts.map((node) => parseFloat(getComputedStyle(node).fontSize) * (zoomed ? node.currentCSSZoom ?? 1 : 1));
    const large = sizes(true);
    root.classList.remove('large');
    const usual = sizes(false);
    root.classList.add('large');
    return texts.flatMap((node, i) => large[i] + 0.6 >= Math.min(2 * usual[i], grown) * part ? []
        : [`grew from ${usual[i].toFixed(0)} to ${large[i].toFixed(0)} px: ${node.className} "${node.textContent.slice(0, 24)}"`]);
}"""
