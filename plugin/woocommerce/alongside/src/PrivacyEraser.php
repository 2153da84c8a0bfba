<?php
/**
 * Tools > Erase Personal Data: the application forgets the person, and the marks leave their orders.
 * In this order: without the marks nobody could tell any more which browsers were theirs.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Order;

defined( 'ABSPATH' ) || exit;

final class PrivacyEraser {

	/**
	 * Before all others: WooCommerce's own eraser takes the address off the orders, by which they
	 * are found here.
	 *
	 * @param array $erasers By id.
	 */
	public static function register( $erasers ): array {
		$own = [
			'eraser_friendly_name' => 'Alongside',
			'callback'             => [ self::class, 'erase' ],
		];
		return [ 'alongside' => $own ] + (array) $erasers;
	}

	/**
	 * @param string $email Whose.
	 * @param int    $page  From 1 on.
	 */
	public static function erase( $email, $page = 1 ): array {
		$person = new Person( (string) $email );
		$orders = $person->orders( (int) $page );
		$said   = [
			'items_removed'  => false,
			'items_retained' => false,
			'messages'       => [],
			'done'           => $person->is_last( $orders ),
		];
		if ( Connection::known()->stands() ) {
			$answer = Application::post_signed( '/api/' . Connection::known()->public_key . '/privacy/erase', $person->names( $orders ) );
			if ( is_wp_error( $answer ) ) {
				// The marks stay, too, so that another try finds the same browsers.
				$said['items_retained'] = true;
				$said['done']           = true;
				/* translators: %s: what went wrong, a sentence. */
				$said['messages'][] = sprintf( __( 'Alongside has not forgotten this person yet. %s Run the erasure again.', 'alongside' ), $answer->get_error_message() );
				return $said;
			}
			if ( ! empty( $answer['erased'] ) ) {
				$said['items_removed'] = true;
				/* translators: %s: a random number. */
				$said['messages'][] = sprintf( __( 'Alongside has forgotten this person. Certificate %s.', 'alongside' ), (string) ( $answer['certificate'] ?? '' ) );
			}
		}
		foreach ( $orders as $order ) {
			if ( self::unmark( $order ) ) {
				$said['items_removed'] = true;
			}
		}
		return $said;
	}

	/** Whether there was a mark. */
	private static function unmark( WC_Order $order ): bool {
		$found = false;
		foreach ( $order->get_items() as $item ) {
			if ( $item->meta_exists( Marks::TOKEN ) ) {
				$item->delete_meta_data( Marks::TOKEN );
				$item->save();
				$found = true;
			}
		}
		if ( $order->meta_exists( Marks::VISITOR ) ) {
			$order->delete_meta_data( Marks::VISITOR );
			$order->save();
			$found = true;
		}
		return $found;
	}
}
