"""One eye for every page: text that is clipped, covered, overlapped or outside the screen, in any element.

Works on a page as Chromium has painted it; it knows no class name. A page that scrolls as a whole (a phone's) or a
list a person can scroll (`overflow: auto`) may be longer than the screen; everything else must be in sight.
"""

from playwright.sync_api import Page


def faults(page: Page) -> list[str]:
    """What of the text in sight is not wholly in sight; empty for a good page."""
    return page.evaluate(LOOK)


LOOK = """() => {
    const found = [];
    const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const name = (element, text) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className} `
        + `in ${element.parentElement?.className || element.parentElement?.id}: "${text.slice(0, 30)}"`;
    const scrolls = (style, axis) => ['auto', 'scroll'].includes(style[`overflow${axis}`]);
    const hides = (style, axis) => style[`overflow${axis}`] !== 'visible' && !scrolls(style, axis);
    const root = getComputedStyle(document.body);
    const paged = hides(root, 'Y');  // a screen: nothing lies beyond its edge
    const hidden = (element) => {  // for screen readers only
        for (let up = element; up; up = up.parentElement) if (up.clientWidth === 1 && up.clientHeight === 1) return true;
        return false;
    };
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.data.trim() || !seen(element) || element.closest('script, style, noscript, option')) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const size = parseFloat(getComputedStyle(element).fontSize);
        // A glyph is about as high as its type is large; leading above and below it may overlap what it likes.
        const rects = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1).map((box) => {
            const spare = Math.max(0, box.height - size) / 2;
            return { left: box.left, right: box.right, top: box.top + spare, bottom: box.bottom - spare };
        });
        if (rects.length && !hidden(element)) texts.push({ node, element, rects });
    }
    for (const { node, element, rects } of texts) {
        const fault = (what) => found.push(`${what}: ${name(element, node.data)}`);
        let clip = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
        let reach = !paged;  // whether what lies outside can be scrolled to
        let cut = false, scrolled = false;
        for (let up = element; up && up !== document.body.parentElement && !cut; up = up.parentElement) {
            const style = getComputedStyle(up), box = up.getBoundingClientRect();
            if (up !== document.body && (scrolls(style, 'X') || scrolls(style, 'Y'))) {
                scrolled = true;  // it can be scrolled to; what lies beyond the edge now is not in sight
                const inside = (rect) => rect.bottom <= box.bottom && rect.top >= box.top;
                if (!rects.every(inside)) rects.length = 0;
                break;
            }
            if (style.display === 'inline' || up === document.body) continue;
            const [x, y] = [hides(style, 'X'), hides(style, 'Y')];
            cut = rects.some((rect) => (x && (rect.left < box.left - 1 || rect.right > box.right + 1))
                || (y && (rect.top < box.top - 1 || rect.bottom > box.bottom + 1)));
            if (cut) fault(`clipped by ${up.className || up.id || up.tagName}`);
        }
        if (cut || scrolled) continue;
        const outside = rects.some((rect) => rect.left < -1 || rect.right > innerWidth + 1
            || (!reach && (rect.top < -1 || rect.bottom > innerHeight + 1)));
        if (outside) { fault('outside'); continue; }
        for (const rect of rects) {
            const spots = [0.1, 0.5, 0.9].map((part) => [rect.left + (rect.right - rect.left) * part, (rect.top + rect.bottom) / 2]);
            const covered = spots.some(([x, y]) => {
                if (y < 0 || y >= innerHeight || x < 0 || x >= innerWidth) return false;
                const top = document.elementFromPoint(x, y);
                for (let up = top; up && !up.contains(element) && !element.contains(up); up = up.parentElement) {
                    const style = getComputedStyle(up);
                    const solid = !/, 0\\)$|transparent/.test(style.backgroundColor) || style.backgroundImage !== 'none';
                    if (solid || up.matches('img, svg, canvas, video')) return true;
                }
                return false;
            });
            if (covered) { fault('covered'); break; }
        }
    }
    texts.forEach((one, index) => {
        for (const two of texts.slice(index + 1)) {
            const meets = one.rects.some((a) => two.rects.some((b) =>
                a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
            if (meets) found.push(`overlap: ${name(one.element, one.node.data)} / ${name(two.element, two.node.data)}`);
        }
    });
    return [...new Set(found)];
}"""
