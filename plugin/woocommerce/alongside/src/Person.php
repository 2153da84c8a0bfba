<?php
/**
 * Whom WordPress's personal-data tools mean: by an e-mail address, the customer account and the
 * orders with their visitors. Orders are walked in pages, for some shoppers have many.
 *
 * @package Alongside
 */

namespace Alongside;

use WC_Order;

defined( 'ABSPATH' ) || exit;

final class Person {

	private const ORDERS_PER_PAGE = 50;

	/** @var string */
	private $email;

	public function __construct( string $email ) {
		$this->email = trim( $email );
	}

	/**
	 * How the application may know this person: as the body of a signed request.
	 *
	 * @param WC_Order[] $orders Those of a page.
	 */
	public function names( array $orders ): array {
		$user     = get_user_by( 'email', $this->email );
		$visitors = [];
		foreach ( $orders as $order ) {
			$visitors[] = Marks::visitor( $order->get_meta( Marks::VISITOR ) );
		}
		return [
			'customers' => $user ? [ (string) $user->ID ] : [],
			'emails'    => [ $this->email ],
			'visitors'  => array_values( array_unique( array_filter( $visitors ) ) ),
		];
	}

	/**
	 * @param int $page From 1 on.
	 * @return WC_Order[]
	 */
	public function orders( int $page ): array {
		$found = wc_get_orders(
			[
				'billing_email' => $this->email,
				'limit'         => self::ORDERS_PER_PAGE,
				'page'          => $page,
				'orderby'       => 'ID',
				'order'         => 'ASC',
				'type'          => 'shop_order',
			]
		);
		return array_filter( (array) $found, static fn( $order ) => $order instanceof WC_Order );
	}

	/**
	 * @param WC_Order[] $orders Those of a page.
	 */
	public function is_last( array $orders ): bool {
		return count( $orders ) < self::ORDERS_PER_PAGE;
	}
}
