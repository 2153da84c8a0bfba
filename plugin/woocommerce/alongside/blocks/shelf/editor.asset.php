<?php
/**
 * What editor.js needs: WordPress reads this beside the script that block.json names.
 *
 * @package Alongside
 */

defined( 'ABSPATH' ) || exit;

return [
	'dependencies' => [ 'wp-blocks', 'wp-block-editor', 'wp-components', 'wp-element' ],
	'version'      => '0.1.0',
];
