// The words of the sheet and of its messages, in the shop's language where we speak it.

import { parse } from "../page.js";

const LANGUAGES = {
  en: {
    added: "Added to cart",
    all: "Add {} products to cart",
    own: "Add this and {} more to cart",
    refused: "The cart did not take everything",
    dismissed: "Not shown again",
    why: "Why am I seeing this?",
    about:
      "These products were chosen for this page by the shop itself, without any outside service. This is what it went by:",
    product: "the product on this page",
    recent: "products you looked at recently: {}",
    customer: "what you bought here while logged in",
    cart: "what is in your cart",
    orders: "what other customers buy",
    kept: "Kept in this browser:",
    nothing: "nothing",
    visitor: "a random number that recognises this browser: {}",
    unwanted: "products you did not want to see: {}",
    sights: "products shown to you: {}",
    clicked: "products you clicked in the last 7 days: {}",
    off: "Switch off and erase",
    on: "Switch on again",
    isOff: "Switched off. Nothing is kept or sent about you; shelves show what is generally liked.",
    close: "Close",
  },
  de: {
    added: "Im Warenkorb",
    all: "{} Produkte in den Warenkorb",
    own: "Dieses und {} dazu in den Warenkorb",
    refused: "Der Warenkorb hat nicht alles angenommen",
    dismissed: "Wird nicht mehr gezeigt",
    why: "Warum sehe ich das?",
    about:
      "Diese Produkte hat der Shop selbst für diese Seite ausgesucht, ohne fremden Dienst. Danach ist er gegangen:",
    product: "das Produkt dieser Seite",
    recent: "kürzlich angesehene Produkte: {}",
    customer: "was Sie hier angemeldet gekauft haben",
    cart: "was in Ihrem Warenkorb liegt",
    orders: "was andere kaufen",
    kept: "In diesem Browser gespeichert:",
    nothing: "nichts",
    visitor: "eine Zufallszahl, die diesen Browser wiedererkennt: {}",
    unwanted: "Produkte, die Sie nicht sehen wollten: {}",
    sights: "Ihnen gezeigte Produkte: {}",
    clicked: "in den letzten 7 Tagen angeklickte Produkte: {}",
    off: "Abschalten und löschen",
    on: "Wieder einschalten",
    isOff:
      "Abgeschaltet. Über Sie wird nichts gespeichert oder gesendet; gezeigt wird, was allgemein gefällt.",
    close: "Schließen",
  },
  fr: {
    added: "Ajouté au panier",
    all: "Ajouter {} produits au panier",
    own: "Ajouter celui-ci et {} de plus au panier",
    refused: "Le panier n’a pas tout accepté",
    dismissed: "Ne sera plus montré",
    why: "Pourquoi ces produits ?",
    about:
      "La boutique a choisi elle-même ces produits pour cette page, sans service extérieur. Elle s’est fondée sur :",
    product: "le produit de cette page",
    recent: "les produits vus récemment : {}",
    customer: "vos achats ici, une fois connecté",
    cart: "le contenu de votre panier",
    orders: "ce que d’autres achètent",
    kept: "Gardé dans ce navigateur :",
    nothing: "rien",
    visitor: "un nombre aléatoire qui reconnaît ce navigateur : {}",
    unwanted: "les produits que vous ne vouliez pas voir : {}",
    sights: "les produits qui vous ont été montrés : {}",
    clicked: "les produits cliqués ces 7 derniers jours : {}",
    off: "Désactiver et effacer",
    on: "Réactiver",
    isOff:
      "Désactivé. Rien n’est gardé ni envoyé à votre sujet ; les rayons montrent ce qui plaît en général.",
    close: "Fermer",
  },
};

/** All words for a shelf; the page's own (`data-texts`, `window.alongside.texts`) come first. */
export function words(shelf) {
  const { dataset } = document.querySelector("script[data-key]");
  const spoken = LANGUAGES[shelf.locale.slice(0, 2).toLowerCase()] || LANGUAGES.en;
  return { ...spoken, ...parse(dataset.texts), ...window.alongside.texts };
}
