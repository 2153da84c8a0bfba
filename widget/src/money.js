// Money as people write it, from the integers we are sent.

const formats = {}; // making one costs far more than using it

/**
 * `price(1250, { currency: "GBP" }, "en") === "£12.50"`; "" where there is no price to tell. The
 * server tells `digits` where a currency's smallest unit is no hundredth: Intl knows decimals too,
 * but other ones, those that people write and not those that amounts are counted in.
 */
export function price(minor, { currency, digits = 2 }, locale) {
  const name = locale + currency;
  try {
    formats[name] =
      formats[name] ||
      new Intl.NumberFormat(locale, { style: "currency", currency, maximumFractionDigits: digits });
    return Number.isInteger(minor) ? formats[name].format(minor / 10 ** digits) : "";
  } catch {
    return ""; // no such currency or locale
  }
}
