<?php
/**
 * The report, written out: the sentence, what it earned, both groups, the differences. What is not
 * known is a dash, never a zero.
 *
 * @package Alongside
 */

namespace Alongside;

defined( 'ABSPATH' ) || exit;

final class ReportTables {

	/**
	 * @param array $told As docs/http.md has it.
	 */
	public static function show( array $told ): void {
		self::said( $told );
		self::head( $told );
		$report = $told['report'] ?? null;
		if ( ! is_array( $report ) ) {
			return;
		}
		$told   += [ 'verdict' => '' ];
		$report += [
			'control'     => [],
			'treatment'   => [],
			'differences' => [],
			'currency'    => get_woocommerce_currency(),
		];
		$sound = 'lopsided' !== $told['verdict']; // else the groups must not be compared
		$write = new Figures( (string) $report['currency'] );
		if ( $sound && is_array( $report['extra'] ?? null ) ) {
			self::extra( $report['extra'], $write, in_array( $told['verdict'], [ 'helping', 'hurting' ], true ) );
		}
		self::arms( (array) $report['control'], (array) $report['treatment'], $write );
		if ( $sound ) {
			self::differences( (array) $report['differences'], $write );
		}
	}

	/** The sentence: if only one thing is read, this. */
	private static function said( array $told ): void {
		$looks = [
			'helping'  => 'success',
			'hurting'  => 'error',
			'lopsided' => 'warning',
		];
		$said  = (string) ( $told['sentence'] ?? '' );
		if ( '' === $said ) {
			$said = __( 'The test has just begun and was not counted yet.', 'alongside' );
		}
		printf( '<div class="notice notice-%s inline"><p><strong>%s</strong></p></div>', esc_attr( $looks[ $told['verdict'] ?? '' ] ?? 'info' ), esc_html( $said ) );
	}

	private static function head( array $told ): void {
		$placement = (string) ( $told['placement'] ?? '' );
		$states    = [
			'running' => __( 'running', 'alongside' ),
			'due'     => __( 'at its end', 'alongside' ),
			'stopped' => __( 'stopped', 'alongside' ),
		];
		$state     = (string) ( $told['state'] ?? '' );
		$against   = (string) ( $told['against'] ?? '' );
		$others    = [
			'none'        => __( 'no shelf', 'alongside' ),
			'bestsellers' => __( 'bestsellers', 'alongside' ),
		][ $against ] ?? $against;
		$parts     = [
			/* translators: 1: a number, 2: name of a shelf, 3: what the other half sees, 4: running or stopped. */
			sprintf( __( 'Test %1$d: “%2$s” against %3$s, %4$s.', 'alongside' ), (int) ( $told['experiment'] ?? 0 ), Choices::placements()[ $placement ] ?? $placement, $others, $states[ $state ] ?? $state ),
		];
		$at = strtotime( (string) ( $told['computed_at'] ?? '' ) );
		if ( $at ) {
			/* translators: %s: a date with time. */
			$parts[] = sprintf( __( 'Counted %s.', 'alongside' ), wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $at ) );
		}
		echo '<p>', esc_html( implode( ' ', $parts ) ), '</p>';
	}

	private static function extra( array $extra, Figures $write, bool $proven ): void {
		$range = $write->range( $extra['low_minor'] ?? null, $extra['high_minor'] ?? null );
		echo '<h2>', esc_html__( 'What it earned', 'alongside' ), '</h2><table class="widefat striped"><tbody>';
		self::row( __( 'Extra revenue: the figure to go by', 'alongside' ), [ $proven ? $write->money( $extra['estimate_minor'] ?? null ) : $range ] );
		if ( $proven ) {
			self::row( __( 'its range', 'alongside' ), [ $range ] );
		}
		self::row( __( 'Bought after a click on the shelf; much of it would have been bought anyway', 'alongside' ), [ $write->money( $extra['attributed_minor'] ?? null ) ] );
		echo '</tbody></table>';
		if ( ! $proven ) {
			echo '<p>', esc_html__( 'Not proven: it may be nothing at all.', 'alongside' ), '</p>';
		}
	}

	private static function arms( array $control, array $treatment, Figures $write ): void {
		echo '<h2>', esc_html__( 'What each group did', 'alongside' ), '</h2>';
		self::head_of_table( [ '', __( 'Without', 'alongside' ), __( 'With the shelf', 'alongside' ) ] );
		$rows = [
			'visitors'                  => [ __( 'Visitors who entered', 'alongside' ), 'count' ],
			'mature'                    => [ __( 'of those, with their time to buy over', 'alongside' ), 'count' ],
			'converters'                => [ __( 'Buyers', 'alongside' ), 'count' ],
			'orders'                    => [ __( 'Orders', 'alongside' ), 'count' ],
			'conversion_rate'           => [ __( 'Conversion rate', 'alongside' ), 'percent' ],
			'revenue_minor'             => [ __( 'Revenue', 'alongside' ), 'money' ],
			'revenue_per_visitor_minor' => [ __( 'Revenue per visitor', 'alongside' ), 'money' ],
			'order_value_minor'         => [ __( 'Value of an order', 'alongside' ), 'money' ],
			'click_rate'                => [ __( 'Visitors who clicked the shelf', 'alongside' ), 'percent' ],
		];
		foreach ( $rows as $name => list( $label, $form ) ) {
			self::row( $label, [ $write->$form( $control[ $name ] ?? null ), $write->$form( $treatment[ $name ] ?? null ) ] );
		}
		echo '</tbody></table>';
	}

	private static function differences( array $found, Figures $write ): void {
		if ( ! $found ) {
			return;
		}
		$names = [
			'cvr'          => __( 'Conversion rate', 'alongside' ),
			'rpv'          => __( 'Revenue per visitor, capped', 'alongside' ),
			'rpv_raw'      => __( 'Revenue per visitor', 'alongside' ),
			'rpv_adjusted' => __( 'Revenue per visitor, allowing for what visitors spent before', 'alongside' ),
			'aov'          => __( 'Value of an order', 'alongside' ),
		];
		echo '<h2>', esc_html__( 'The difference, and how sure it is', 'alongside' ), '</h2>';
		self::head_of_table( [ '', __( 'Change', 'alongside' ), __( 'Range', 'alongside' ) ] );
		foreach ( $found as $one ) {
			$interval = is_array( $one['lift_interval'] ?? null ) ? $one['lift_interval'] : [];
			$metric   = (string) ( $one['metric'] ?? '' );
			self::row( $names[ $metric ] ?? $metric, [ $write->change( $one['lift'] ?? null ), $write->changes( $interval['low'] ?? null, $interval['high'] ?? null ) ] );
		}
		echo '</tbody></table>';
	}

	/**
	 * @param string[] $titles Of the columns.
	 */
	private static function head_of_table( array $titles ): void {
		echo '<table class="widefat striped"><thead><tr>';
		foreach ( $titles as $title ) {
			echo '<th scope="col">', esc_html( $title ), '</th>';
		}
		echo '</tr></thead><tbody>';
	}

	/**
	 * @param string   $label What it is.
	 * @param string[] $cells Ready to read.
	 */
	private static function row( string $label, array $cells ): void {
		echo '<tr><th scope="row">', esc_html( $label ), '</th>';
		foreach ( $cells as $cell ) {
			echo '<td>', esc_html( $cell ), '</td>';
		}
		echo '</tr>';
	}
}
