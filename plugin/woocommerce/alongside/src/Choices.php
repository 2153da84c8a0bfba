<?php
/**
 * What the merchant chooses: each choice with its default and its words, declared here once. The
 * settings page draws them from here, everybody else asks `Choices::of()`.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class Choices {

	/** Where WooCommerce keeps the settings of the integration `alongside`. */
	public const OPTION = 'woocommerce_alongside_settings';

	private const DEFAULTS = [
		'product'   => 'instead', // core's related products stay as what is shown while we have nothing
		'bundle'    => 'no',
		'cart'      => 'yes',
		'thanks'    => 'yes',
		'listing'   => 'no',
		'account'   => 'no',
		'limit'     => '', // these two: as the merchant set them on the server
		'layout'    => '',
		'consent'   => 'auto',
		'relay'     => 'no', // each shelf would cost the shop a start of WordPress
		'erase_all' => 'no',
	];

	public static function of( string $name ): string {
		$kept = get_option( self::OPTION, [] );
		return is_array( $kept ) && isset( $kept[ $name ] ) ? (string) $kept[ $name ] : self::DEFAULTS[ $name ];
	}

	public static function yes( string $name ): bool {
		return 'yes' === self::of( $name );
	}

	/**
	 * The placements a shelf can be asked for, with their names for the merchant.
	 *
	 * @return array<string, string>
	 */
	public static function placements(): array {
		return [
			'also_bought'     => __( 'Customers also bought', 'alongside' ),
			'you_might_like'  => __( 'You might like', 'alongside' ),
			'bought_together' => __( 'Bought together, as a bundle', 'alongside' ),
			'similar'         => __( 'Similar products', 'alongside' ),
			'bestsellers'     => __( 'Bestsellers', 'alongside' ),
			'trending'        => __( 'Trending', 'alongside' ),
			'recently_viewed' => __( 'Recently viewed', 'alongside' ),
			'buy_again'       => __( 'Buy again', 'alongside' ),
			'cart'            => __( 'Goes with what is in the cart', 'alongside' ),
		];
	}

	/**
	 * @return array<string, string>
	 */
	public static function layouts(): array {
		return [
			'carousel' => __( 'One row that can be scrolled', 'alongside' ),
			'grid'     => __( 'Two rows', 'alongside' ),
		];
	}

	/**
	 * As WooCommerce's settings API takes them.
	 *
	 * @return array<string, array>
	 */
	public static function fields(): array {
		$fields = [
			'where'     => [
				'type'        => 'title',
				'title'       => __( 'Where shelves stand', 'alongside' ),
				'description' => __( 'More shelves anywhere: the block “Product shelf”, the shortcode [alongside_shelf placement="bestsellers"], or the widget of the same name.', 'alongside' ),
			],
			'product'   => [
				'type'        => 'select',
				'title'       => __( 'Product page', 'alongside' ),
				'options'     => [
					'instead' => __( '“Customers also bought” in place of related products', 'alongside' ),
					'beside'  => __( '“Customers also bought” above related products', 'alongside' ),
					'off'     => __( 'Nothing', 'alongside' ),
				],
				'description' => __( 'In place of: WooCommerce’s related products still stand in the page, and stay whenever the shelf has nothing to show or your server is away.', 'alongside' ),
			],
			'bundle'    => self::box( '', __( 'On the product page also “Bought together”, with one button for all', 'alongside' ) ),
			'cart'      => self::box( __( 'Cart', 'alongside' ), __( 'Below the cart, what goes with it', 'alongside' ) ),
			'thanks'    => self::box( __( 'Thank-you page', 'alongside' ), __( 'After an order, what goes with it', 'alongside' ) ),
			'listing'   => self::box( __( 'Shop and categories', 'alongside' ), __( 'Below the list of products, the bestsellers of the category', 'alongside' ) ),
			'account'   => self::box( __( 'My account', 'alongside' ), __( 'On the dashboard, “Buy again”', 'alongside' ) ),
			'limit'     => [
				'type'              => 'number',
				'title'             => __( 'Products on a shelf', 'alongside' ),
				'placeholder'       => __( 'as on your server', 'alongside' ),
				'custom_attributes' => [
					'min' => 1,
					'max' => 24,
				],
			],
			'layout'    => [
				'type'    => 'select',
				'title'   => __( 'Layout', 'alongside' ),
				'options' => [ '' => __( 'As on your server', 'alongside' ) ] + self::layouts(),
			],
			'people'    => [
				'type'  => 'title',
				'title' => __( 'Shoppers', 'alongside' ),
			],
			'consent'   => [
				'type'        => 'select',
				'title'       => __( 'Consent', 'alongside' ),
				'options'     => [
					'auto'    => __( 'As the shopper chose in the consent tool (WP Consent API)', 'alongside' ),
					'full'    => __( 'Not needed here: recognise every shopper', 'alongside' ),
					'session' => __( 'Only until the tab is closed', 'alongside' ),
					'none'    => __( 'Recognise nobody', 'alongside' ),
				],
				'description' => __( 'Without consent a shelf goes by the page alone, nothing is stored, and the shopper is in no split test.', 'alongside' ),
			],
			'relay'     => self::box( __( 'Same address', 'alongside' ), __( 'Let browsers ask this shop, which passes it on to your server', 'alongside' ), __( 'For shops whose pages may not call another address. Slower: each shelf starts WordPress once.', 'alongside' ) ),
			'erase_all' => self::box( __( 'When the plugin is deleted', 'alongside' ), __( 'Also remove the marks on orders', 'alongside' ), __( 'Settings, keys, webhooks and tasks are always removed. The marks tell which visitor an order belongs to, and which shelf a line came from.', 'alongside' ) ),
		];
		foreach ( self::DEFAULTS as $name => $default ) {
			$fields[ $name ]['default'] = $default;
		}
		return $fields;
	}

	private static function box( string $title, string $label, string $description = '' ): array {
		return [
			'type'        => 'checkbox',
			'title'       => $title,
			'label'       => $label,
			'description' => $description,
		];
	}
}
