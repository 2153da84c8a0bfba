<?php
/**
 * The block "Product shelf": for home pages, posts, and anywhere in a block theme's templates.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class ShelfBlock {

	public static function register(): void {
		$block = register_block_type( dirname( FILE ) . '/blocks/shelf', [ 'render_callback' => [ self::class, 'html' ] ] );
		if ( $block && $block->editor_script_handles ) {
			add_action(
				'enqueue_block_editor_assets',
				static function () use ( $block ): void {
					$words = 'window.alongsideBlock = ' . wp_json_encode( self::words() );
					wp_add_inline_script( $block->editor_script_handles[0], $words, 'before' );
				}
			);
		}
	}

	/**
	 * @param array $chosen Attributes of the block.
	 */
	public static function html( $chosen ): string {
		$shelf = Shelf::html( (string) ( $chosen['placement'] ?? '' ), self::said( (array) $chosen ) );
		return '' === $shelf ? '' : sprintf( '<div %s>%s</div>', get_block_wrapper_attributes(), $shelf );
	}

	/**
	 * What block, shortcode and widget say alike; the page adds what it is about.
	 *
	 * @param array $chosen heading, limit, layout.
	 */
	public static function said( array $chosen ): array {
		return array_intersect_key( $chosen, array_flip( [ 'heading', 'limit', 'layout' ] ) ) + [
			'product'  => Shelf::product_of_page(),
			'category' => is_product_category() ? get_queried_object_id() : 0,
		];
	}

	private static function words(): array {
		return [
			'connected'    => Connection::known()->stands(),
			'settings'     => __( 'Shelf', 'alongside' ),
			'placement'    => __( 'What it shows', 'alongside' ),
			'placements'   => Choices::placements(),
			'heading'      => __( 'Heading', 'alongside' ),
			'headingHelp'  => __( 'Empty: as on your server.', 'alongside' ),
			'layout'       => __( 'Layout', 'alongside' ),
			'layouts'      => Choices::layouts(),
			'usual'        => __( 'As in the settings', 'alongside' ),
			'limit'        => __( 'Products at most', 'alongside' ),
			'limitHelp'    => __( '0: as in the settings.', 'alongside' ),
			'instructions' => __( 'In the shop, products stand here: chosen for the page and the shopper.', 'alongside' ),
			'missing'      => __( 'Not connected yet: see WooCommerce > Settings > Integration. Until then nothing is shown here.', 'alongside' ),
		];
	}
}
