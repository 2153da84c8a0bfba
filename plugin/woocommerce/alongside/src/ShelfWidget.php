<?php
/**
 * The widget, for the sidebars of classic themes.
 *
 * @package Alongside
 */

namespace Alongside;

use WP_Widget;

defined( 'ABSPATH' ) || exit;

final class ShelfWidget extends WP_Widget {

	public const ID = 'alongside_shelf';

	public function __construct() {
		parent::__construct(
			self::ID,
			__( 'Product shelf (Alongside)', 'alongside' ),
			[
				'description'           => __( 'Recommended products from your Alongside server, with their reasons.', 'alongside' ),
				'show_instance_in_rest' => true,
			]
		);
	}

	public static function register(): void {
		register_widget( self::class );
	}

	/**
	 * @param array $args     What the theme puts around a widget.
	 * @param array $instance As saved.
	 */
	public function widget( $args, $instance ) {
		$chosen = self::clean( (array) $instance );
		$shelf  = Shelf::html( $chosen['placement'], ShelfBlock::said( $chosen ) );
		if ( '' !== $shelf ) {
			echo $args['before_widget'], $shelf, $args['after_widget']; // phpcs:ignore -- the theme's; escaped in Shelf
		}
	}

	/**
	 * @param array $instance As saved.
	 */
	public function form( $instance ): string {
		$chosen = self::clean( (array) $instance );
		$this->select( 'placement', __( 'What it shows', 'alongside' ), Choices::placements(), $chosen['placement'] );
		$this->input( 'heading', __( 'Heading', 'alongside' ), 'text', $chosen['heading'] );
		$this->input( 'limit', __( 'Products at most', 'alongside' ), 'number', (string) $chosen['limit'] );
		return '';
	}

	/**
	 * @param array $given As typed.
	 * @param array $kept  As saved before.
	 */
	public function update( $given, $kept ): array {
		return self::clean( (array) $given );
	}

	private static function clean( array $given ): array {
		$placement = (string) ( $given['placement'] ?? '' );
		return [
			'placement' => isset( Choices::placements()[ $placement ] ) ? $placement : 'bestsellers',
			'heading'   => sanitize_text_field( (string) ( $given['heading'] ?? '' ) ),
			'limit'     => min( 24, absint( $given['limit'] ?? 4 ) ),
		];
	}

	private function select( string $name, string $label, array $options, string $chosen ): void {
		printf( '<p><label for="%1$s">%2$s</label><select class="widefat" id="%1$s" name="%3$s">', esc_attr( $this->get_field_id( $name ) ), esc_html( $label ), esc_attr( $this->get_field_name( $name ) ) );
		foreach ( $options as $value => $title ) {
			printf( '<option value="%s"%s>%s</option>', esc_attr( $value ), selected( $value, $chosen, false ), esc_html( $title ) );
		}
		echo '</select></p>';
	}

	private function input( string $name, string $label, string $type, string $value ): void {
		printf( '<p><label for="%1$s">%2$s</label><input class="widefat" id="%1$s" name="%3$s" type="%4$s" value="%5$s"></p>', esc_attr( $this->get_field_id( $name ) ), esc_html( $label ), esc_attr( $this->get_field_name( $name ) ), esc_attr( $type ), esc_attr( $value ) );
	}
}
