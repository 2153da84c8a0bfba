<?php
/**
 * The block checkout: checkout-block.js adds visitor and tokens to the Store API's request, under
 * `extensions.alongside`; here they come onto the order.
 *
 * @package Alongside
 */

namespace Alongside;

use Automattic\WooCommerce\StoreApi\Schemas\V1\CartItemSchema;
use Automattic\WooCommerce\StoreApi\Schemas\V1\CheckoutSchema;
use WC_Order;
use WC_Order_Item_Product;
use WP_REST_Request;

defined( 'ABSPATH' ) || exit;

final class BlockCheckout {

	private const SPACE  = 'alongside';
	private const SCRIPT = 'alongside-checkout-block';

	public static function listen(): void {
		add_action( 'woocommerce_blocks_loaded', [ self::class, 'extend' ] );
		add_action( 'woocommerce_blocks_enqueue_checkout_block_scripts_after', [ self::class, 'script' ] );
		// Express buttons make orders from the cart.
		add_action( 'woocommerce_blocks_enqueue_cart_block_scripts_after', [ self::class, 'script' ] );
		add_action( 'woocommerce_store_api_checkout_update_order_from_request', [ self::class, 'mark' ], 10, 2 );
	}

	public static function extend(): void {
		woocommerce_store_api_register_endpoint_data(
			[
				'endpoint'        => CheckoutSchema::IDENTIFIER,
				'namespace'       => self::SPACE,
				'schema_callback' => [ self::class, 'schema' ],
				'schema_type'     => ARRAY_A,
			]
		);
		// A line of the cart names the variation; shelves know products.
		woocommerce_store_api_register_endpoint_data(
			[
				'endpoint'        => CartItemSchema::IDENTIFIER,
				'namespace'       => self::SPACE,
				'schema_callback' => [ self::class, 'line_schema' ],
				'data_callback'   => [ self::class, 'line' ],
				'schema_type'     => ARRAY_A,
			]
		);
	}

	public static function schema(): array {
		return [
			'visitor' => [
				'description' => 'The visitor id that shelf.js made, with the shopper’s consent; else empty.',
				'type'        => 'string',
				'maxLength'   => 64,
				'context'     => [],
			],
			'tokens'  => [
				'description'          => 'For each product, the token of the shelf it was clicked on.',
				'type'                 => 'object',
				'additionalProperties' => [
					'type'      => 'string',
					'maxLength' => 512,
				],
				'context'              => [],
			],
		];
	}

	public static function line_schema(): array {
		return [
			'product' => [
				'description' => 'The product, where `id` is its variation.',
				'type'        => 'integer',
				'readonly'    => true,
				'context'     => [ 'view', 'edit' ],
			],
		];
	}

	/**
	 * @param array $line Of the cart.
	 */
	public static function line( $line ): array {
		return [ 'product' => (int) ( $line['product_id'] ?? 0 ) ];
	}

	public static function script(): void {
		if ( Connection::known()->stands() && ! is_admin() ) {
			wp_enqueue_script( self::SCRIPT, plugins_url( 'assets/checkout-block.js', FILE ), [ 'wp-api-fetch', 'wp-data' ], VERSION, true );
		}
	}

	/**
	 * @param WC_Order        $order   Is saved by WooCommerce; its lines are there already.
	 * @param WP_REST_Request $request What the browser sent.
	 */
	public static function mark( $order, $request ): void {
		$said = $request['extensions'][ self::SPACE ] ?? null;
		if ( ! is_array( $said ) ) {
			return; // an order by other means, such as an app on the Store API
		}
		Marks::put_visitor( $order, $said['visitor'] ?? '' );
		foreach ( $order->get_items() as $item ) {
			if ( $item instanceof WC_Order_Item_Product ) {
				Marks::put_token( $item, $said['tokens'] ?? [] );
				$item->save();
			}
		}
	}
}
