<?php
/**
 * What an order carries: the visitor who made it, and on each line the shelf click behind it. Both
 * come through the shopper's browser, so anything may stand there: what has not our form is nothing.
 * What a token proves, the application decides.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Order;
use WC_Order_Item_Product;

defined( 'ABSPATH' ) || exit;

final class Marks {

	public const VISITOR = '_alongside_visitor';
	public const TOKEN   = '_alongside_token';

	/**
	 * @param mixed $given From a browser.
	 */
	public static function visitor( $given ): string {
		return is_string( $given ) && preg_match( '/^[A-Za-z0-9_-]{16,64}$/D', $given ) ? $given : '';
	}

	/**
	 * @param mixed $given From a browser.
	 */
	public static function token( $given ): string {
		return is_string( $given ) && preg_match( '/^[!-~]{1,512}$/D', $given ) ? $given : '';
	}

	/**
	 * Nothing is a word, too: who has withdrawn meanwhile leaves no mark on an order begun before.
	 *
	 * @param WC_Order $order Is saved by whoever calls.
	 * @param mixed    $given From a browser.
	 */
	public static function put_visitor( WC_Order $order, $given ): void {
		$visitor = self::visitor( $given );
		if ( '' === $visitor ) {
			$order->delete_meta_data( self::VISITOR );
		} else {
			$order->update_meta_data( self::VISITOR, $visitor );
		}
	}

	/**
	 * @param WC_Order_Item_Product $item   Is saved by whoever calls.
	 * @param mixed                 $tokens From a browser: product -> token.
	 */
	public static function put_token( WC_Order_Item_Product $item, $tokens ): void {
		$token = is_array( $tokens ) ? self::token( $tokens[ $item->get_product_id() ] ?? '' ) : '';
		if ( '' === $token ) {
			$item->delete_meta_data( self::TOKEN );
		} else {
			$item->update_meta_data( self::TOKEN, $token );
		}
	}

	/**
	 * Not for the eyes of whoever looks at an order in wp-admin.
	 *
	 * @param string[] $keys Meta of lines that the page leaves out.
	 * @return string[]
	 */
	public static function hide( $keys ): array {
		return array_merge( (array) $keys, [ self::TOKEN ] );
	}
}
