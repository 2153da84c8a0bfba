<?php
/**
 * How a figure is written: in the site's language, amounts from minor units as WooCommerce writes
 * them. Plain text; whoever prints it escapes it.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class Figures {

	private const UNKNOWN = '–';

	/** ISO 4217's decimals where they are not 2: the application sends amounts in these units. */
	private const DECIMALS = [
		0 => 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
		3 => 'BHD IQD JOD KWD LYD OMR TND',
	];

	/** @var string */
	private $currency;

	public function __construct( string $currency ) {
		$this->currency = $currency;
	}

	/**
	 * @param mixed $number Or null, where nothing is known.
	 */
	public function count( $number ): string {
		return is_numeric( $number ) ? number_format_i18n( (float) $number ) : self::UNKNOWN;
	}

	/**
	 * @param mixed $share 0.05 is 5 %.
	 */
	public function percent( $share ): string {
		/* translators: %s: a number. A percentage. */
		return is_numeric( $share ) ? sprintf( __( '%s%%', 'alongside' ), number_format_i18n( 100 * $share, 2 ) ) : self::UNKNOWN;
	}

	/**
	 * @param mixed $share A relative change.
	 */
	public function change( $share ): string {
		return is_numeric( $share ) ? ( $share < 0 ? '−' : '+' ) . $this->percent( abs( $share ) ) : self::UNKNOWN;
	}

	/**
	 * @param mixed $minor In the currency's smallest unit, with decimals where it is an average.
	 */
	public function money( $minor ): string {
		if ( ! is_numeric( $minor ) ) {
			return self::UNKNOWN;
		}
		$decimals = self::decimals( $this->currency );
		$written  = wc_price(
			$minor / 10 ** $decimals,
			[
				'currency' => $this->currency,
				'decimals' => $decimals,
			]
		);
		return html_entity_decode( wp_strip_all_tags( $written ), ENT_QUOTES, 'UTF-8' );
	}

	/**
	 * @param mixed $low  Of an interval in money.
	 * @param mixed $high Null: no upper end.
	 */
	public function range( $low, $high ): string {
		return $this->between( is_numeric( $low ) ? $this->money( $low ) : null, is_numeric( $high ) ? $this->money( $high ) : null );
	}

	/**
	 * @param mixed $low  Of an interval of a relative change.
	 * @param mixed $high Null: no upper end.
	 */
	public function changes( $low, $high ): string {
		return $this->between( is_numeric( $low ) ? $this->change( $low ) : null, is_numeric( $high ) ? $this->change( $high ) : null );
	}

	public static function decimals( string $currency ): int {
		foreach ( self::DECIMALS as $decimals => $currencies ) {
			if ( in_array( $currency, explode( ' ', $currencies ), true ) ) {
				return $decimals;
			}
		}
		return 2;
	}

	private function between( ?string $low, ?string $high ): string {
		if ( null === $low ) {
			return self::UNKNOWN;
		}
		return null === $high
			/* translators: %s: the lower end of a range. */
			? sprintf( __( '%s or more', 'alongside' ), $low )
			/* translators: 1: the lower end of a range, 2: the upper. */
			: sprintf( __( '%1$s to %2$s', 'alongside' ), $low, $high );
	}
}
