<?php

use Alongside\Figures;
use Alongside\ReportPage;

/** The report under Marketing. */
final class ReportTest extends PluginTestCase {

	private function page( array $answer ): string {
		$this->connected();
		World::$options   += [ 'date_format' => 'Y-m-d', 'time_format' => 'H:i' ];
		World::$answers[]  = $answer;
		return $this->printed( [ ReportPage::class, 'show' ] );
	}

	private function told( array $more = [] ): string {
		$arm = [ 'visitors' => 1000, 'mature' => 900, 'converters' => 50, 'orders' => 55, 'revenue_minor' => 123456, 'conversion_rate' => 0.0555, 'revenue_per_visitor_minor' => 137.2, 'order_value_minor' => null, 'click_rate' => 0.1 ];
		return (string) json_encode(
			$more + [
				'experiment'  => 2,
				'placement'   => 'also_bought',
				'against'     => 'none',
				'state'       => 'running',
				'verdict'     => 'helping',
				'sentence'    => 'The shelf <helps>.',
				'computed_at' => '2026-11-22T00:32:35Z',
				'report'      => [
					'currency'    => 'EUR',
					'control'     => $arm,
					'treatment'   => $arm,
					'differences' => [ [ 'metric' => 'rpv', 'lift' => 0.051, 'lift_interval' => [ 'low' => 0.01, 'high' => null ] ] ],
					'extra'       => [ 'estimate_minor' => 5000, 'low_minor' => 100, 'high_minor' => 9900, 'attributed_minor' => 20000 ],
				],
			]
		);
	}

	public function test_the_report_is_written_out(): void {
		$html = $this->page( [ 200, $this->told() ] );
		foreach ( [ 'The shelf &lt;helps&gt;.', 'notice-success', '€50.00', '€1.00 to €99.00', '€1,234.56', '5.55%', '+5.10%', '+1.00% or more', '–', 'https://recs.example/admin/shops/' . self::KEY ] as $part ) {
			$this->assertStringContainsString( $part, $html );
		}
		$this->assertSame( 'Bearer report-key-of-the-shop', World::$asked[0][2]['headers']['Authorization'] );
		$this->assertStringNotContainsString( 'report-key-of-the-shop', $html );
	}

	public function test_an_unproven_gain_is_a_range_and_may_be_nothing(): void {
		$html = $this->page( [ 200, $this->told( [ 'verdict' => 'not_proven' ] ) ] );
		$this->assertStringNotContainsString( '€50.00', $html );
		$this->assertStringContainsString( 'it may be nothing at all', $html );
	}

	public function test_lopsided_groups_are_not_compared(): void {
		$html = $this->page( [ 200, $this->told( [ 'verdict' => 'lopsided' ] ) ] );
		$this->assertStringNotContainsString( 'What it earned', $html );
		$this->assertStringNotContainsString( '+5.10%', $html );
	}

	public function test_a_test_that_was_not_counted_yet_says_so(): void {
		$html = $this->page( [ 200, $this->told( [ 'verdict' => 'not_counted', 'sentence' => null, 'report' => null ] ) ] );
		$this->assertStringContainsString( 'was not counted yet', $html );
	}

	public function test_no_test_yet_is_no_error(): void {
		$this->assertStringContainsString( 'notice-info', $this->page( [ 404, '{"detail":"none"}' ] ) );
	}

	public function test_a_refused_key_says_what_to_do(): void {
		$this->assertStringContainsString( 'Connect again', $this->page( [ 401, '{}' ] ) );
	}

	public function test_an_answer_that_is_no_report_is_said(): void {
		$this->assertStringContainsString( 'answered 502', $this->page( [ 502, '<html>Bad gateway' ] ) );
	}

	public function test_who_may_not_see_reports_does_not(): void {
		World::$may = false;
		$this->assertStringStartsWith( 'died:', $this->ended( [ ReportPage::class, 'show' ] ) );
	}

	public function test_amounts_have_the_decimals_of_their_currency(): void {
		$this->assertSame( [ 0, 2, 3 ], array_map( [ Figures::class, 'decimals' ], [ 'JPY', 'EUR', 'KWD' ] ) );
		$this->assertSame( '€1,234', ( new Figures( 'JPY' ) )->money( 1234 ) );
		$this->assertSame( '€1.234', ( new Figures( 'KWD' ) )->money( 1234 ) );
		$this->assertSame( [ '–', '–', '–', '–' ], [ ( new Figures( 'EUR' ) )->money( null ), ( new Figures( 'EUR' ) )->count( null ), ( new Figures( 'EUR' ) )->percent( null ), ( new Figures( 'EUR' ) )->changes( null, 1 ) ] );
		$this->assertSame( '−5.00%', ( new Figures( 'EUR' ) )->change( -0.05 ) );
	}
}
