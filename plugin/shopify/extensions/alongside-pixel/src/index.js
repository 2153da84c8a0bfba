// The web pixel, in Shopify's strict sandbox: no page, only what Shopify hands in. It runs only
// for shoppers who allowed analytics, once per order, on the thank-you page.

import { register } from "@shopify/web-pixels-extension";
import { tell } from "./checkout.js";

register(({ analytics, browser, settings }) => {
  analytics.subscribe("checkout_completed", (event) => tell(event, browser, settings));
});
