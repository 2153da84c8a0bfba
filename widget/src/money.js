// Money as people write it, from the integers we are sent.

// ISO 4217's decimals where they are not 2. Intl knows decimals too, but other ones: those that
// people write (none for the Iraqi dinar), not those that amounts are counted in (three).
const NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THREE = "BHD IQD JOD KWD LYD OMR TND";

/** How many decimals a currency's smallest unit has. */
export const decimals = (currency) =>
  NONE.includes(currency) ? 0 : THREE.includes(currency) ? 3 : 2;

/** `price(1250, "GBP", "en") === "£12.50"`; "" where there is no price to tell. */
export function price(minor, currency, locale) {
  const maximumFractionDigits = decimals(currency);
  const style = { style: "currency", currency, maximumFractionDigits };
  try {
    return Number.isInteger(minor)
      ? new Intl.NumberFormat(locale, style).format(minor / 10 ** maximumFractionDigits)
      : "";
  } catch {
    return ""; // no such currency or locale
  }
}
