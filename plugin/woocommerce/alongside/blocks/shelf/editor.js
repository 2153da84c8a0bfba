// The block in the editor: its settings, and a box that says what will stand there. Real products
// need a shopper and a page; a preview of them is in the merchant pages. Words come from PHP.
(() => {
  const { blocks, blockEditor, components, element } = window.wp;
  const words = window.alongsideBlock;
  const make = element.createElement;
  const choices = (named) => Object.entries(named).map(([value, label]) => ({ value, label }));

  function Edit({ attributes, setAttributes }) {
    const { placement, heading, limit, layout } = attributes;
    const change = (name) => (value) => setAttributes({ [name]: value });
    const next = { __nextHasNoMarginBottom: true, __next40pxDefaultSize: true };
    const settings = make(
      components.PanelBody,
      { title: words.settings },
      make(components.SelectControl, {
        ...next,
        label: words.placement,
        value: placement,
        options: choices(words.placements),
        onChange: change("placement"),
      }),
      make(components.TextControl, {
        ...next,
        label: words.heading,
        help: words.headingHelp,
        value: heading,
        onChange: change("heading"),
      }),
      make(components.SelectControl, {
        ...next,
        label: words.layout,
        value: layout,
        options: [{ value: "", label: words.usual }, ...choices(words.layouts)],
        onChange: change("layout"),
      }),
      make(components.RangeControl, {
        ...next,
        label: words.limit,
        help: words.limitHelp,
        value: limit,
        min: 0,
        max: 24,
        onChange: change("limit"),
      }),
    );
    const box = make(components.Placeholder, {
      icon: "products",
      label: heading || words.placements[placement] || placement,
      instructions: words.connected ? words.instructions : words.missing,
    });
    return make(
      element.Fragment,
      {},
      make(blockEditor.InspectorControls, {}, settings),
      make("div", blockEditor.useBlockProps(), box),
    );
  }

  // Rendered by the server: nothing of it is kept in the post, so nothing is left behind.
  blocks.registerBlockType("alongside/shelf", { edit: Edit, save: () => null });
})();
