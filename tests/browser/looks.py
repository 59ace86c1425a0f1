"""How a page looks, asked of the browser: contrast as WCAG 2 computes it."""

from typing import Any

from playwright.sync_api import Page

_PAIRS = """selector => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const known = {};
  const paint = color => known[color] ??= (() => {
    context.clearRect(0, 0, 1, 1); context.fillStyle = color; context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  })();
  return [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).map(element => {
  const style = getComputedStyle(element);
  let ground = element, behind = paint(style.backgroundColor);
  while (behind[3] === 0 && ground.parentElement) {
    ground = ground.parentElement;
    behind = paint(getComputedStyle(ground).backgroundColor);
  }
  return {text: element.textContent.trim().slice(0, 40), color: paint(style.color), ground: behind};
})}"""


def contrasts(page: Page, selector: str) -> dict[str, float]:
    """The contrast of every visible element that the selector names, by its text."""
    found: list[dict[str, Any]] = page.evaluate(_PAIRS, selector)
    return {one["text"]: round(contrast(one["color"], one["ground"]), 2) for one in found}


def contrast(one: list[int], other: list[int]) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: list[int]) -> float:
    shares = [part / 255 for part in color[:3]]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide
