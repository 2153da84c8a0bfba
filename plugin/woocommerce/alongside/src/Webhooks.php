<?php
/**
 * The webhooks that tell our application of this shop's changes. The application makes them itself,
 * with its API key, and switches them on again; here they are only found.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Data_Store;
use WC_Webhook;

defined( 'ABSPATH' ) || exit;

final class Webhooks {

	/**
	 * @return WC_Webhook[]
	 */
	public static function ours(): array {
		$address = self::address();
		if ( '' === $address ) {
			return [];
		}
		$ids   = WC_Data_Store::load( 'webhook' )->search_webhooks( [ 'limit' => -1 ] );
		$every = array_filter( array_map( 'wc_get_webhook', $ids ) );
		return array_filter( $every, static fn( WC_Webhook $one ) => untrailingslashit( $one->get_delivery_url() ) === $address );
	}

	/** Where they deliver to. */
	public static function address(): string {
		$known = Connection::known();
		return $known->stands() ? "$known->base_url/webhooks/woocommerce/$known->public_key" : '';
	}
}
