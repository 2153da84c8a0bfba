<?php

use Alongside\CustomerRoute;
use Alongside\RelayRoute;

/** What browsers ask the shop itself: who am I, and the relay. */
final class RoutesTest extends PluginTestCase {

	public function askers(): array {
		$own = [ 'alongside_page' => '1' ];
		return [
			'our page'                       => [ $own + [ 'sec_fetch_site' => 'same-origin', 'origin' => 'https://shop.example' ], true ],
			'an older browser'               => [ $own, true ],
			'without the header'             => [ [ 'sec_fetch_site' => 'same-origin' ], false ],
			'another site'                   => [ $own + [ 'origin' => 'https://evil.example' ], false ],
			'another port'                   => [ $own + [ 'origin' => 'https://shop.example:8443' ], false ],
			'a name that begins like ours'   => [ $own + [ 'origin' => 'https://shop.example.evil.example' ], false ],
			'another site, says the browser' => [ $own + [ 'sec_fetch_site' => 'cross-site' ], false ],
			'a sister site'                  => [ $own + [ 'sec_fetch_site' => 'same-site' ], false ],
			'a sandboxed frame'              => [ $own + [ 'origin' => 'null' ], false ],
		];
	}

	/** @dataProvider askers */
	public function test_only_our_own_pages_may_ask_who_is_logged_in( array $headers, bool $may ): void {
		$this->assertSame( $may, CustomerRoute::is_own_page( new WP_REST_Request( 'POST', '/alongside/v1/customer', [ 'headers' => $headers ] ) ) );
	}

	public function test_a_customer_is_signed_as_the_application_reads_it(): void {
		// The same text stands in tests/plugin/test_packages.py, where our own code reads it.
		$signed = '17.2000000000.9d221b6d33ca93ca91bbafeb4405914a7558ba565edf914ee611756e95a1b4da';
		$this->assertSame( $signed, CustomerRoute::signed( '17', 'customer-key-of-the-shop', 2000000000 ) );
	}

	public function test_who_is_not_logged_in_is_nobody(): void {
		$this->connected();
		World::$user = 0;
		$this->assertSame( [ 'customer' => null ], CustomerRoute::answer()->get_data() );
	}

	public function test_without_a_key_nobody_is_signed(): void {
		$this->connected( [ 'customer_key' => '' ] );
		$this->assertSame( [ 'customer' => null ], CustomerRoute::answer()->get_data() );
	}

	public function test_a_signature_is_good_for_an_hour(): void {
		$this->connected();
		list( $id, $expires, $hmac ) = explode( '.', CustomerRoute::answer()->get_data()['customer'] );
		$this->assertSame( '1', $id );
		$this->assertEqualsWithDelta( time() + 3600, (int) $expires, 5 );
		$this->assertSame( hash_hmac( 'sha256', "$id.$expires", 'customer-key-of-the-shop' ), $hmac );
	}

	private function relay( array $said = [], string $method = 'GET', string $path = 'shelf' ) {
		$key = self::KEY;
		return RelayRoute::pass_on( new WP_REST_Request( $method, "/alongside/v1/relay/v1/$key/$path", $said + [ 'params' => [ 'key' => $key ] ] ) );
	}

	public function test_nothing_is_passed_on_unless_the_owner_chose_so(): void {
		$this->connected();
		$this->assertSame( 404, $this->relay()->get_error_data()['status'] );
		$this->assertSame( [], World::$asked );
	}

	public function test_nothing_is_passed_on_for_another_key(): void {
		$this->connected();
		$this->chosen( [ 'relay' => 'yes' ] );
		$answer = $this->relay( [ 'params' => [ 'key' => 'pk_other' ] ] );
		$this->assertSame( 404, $answer->get_error_data()['status'] );
	}

	public function test_the_question_goes_on_as_it_came_and_the_answer_comes_back_as_it_was(): void {
		$this->connected();
		$this->chosen( [ 'relay' => 'yes' ] );
		World::$answers[] = [ 422, '{"detail":"no"}', [ 'content-type' => 'application/problem+json', 'set-cookie' => 'a=b', 'cache-control' => 'no-store' ] ];
		$answer           = $this->relay(
			[
			'query'   => [ 'placement' => 'cart', 'cart' => '1,2', 'rest_route' => '/x', 'x' => [ 'list' ] ],
			'headers' => [ 'cookie' => 'wordpress_logged_in=secret', 'alongside_visitor' => str_repeat( 'a', 32 ) ],
			 ]
		);
		list( $method, $url, $args ) = World::$asked[0];
		$this->assertSame( [ 'GET', 'https://recs.example/v1/' . self::KEY . '/shelf?placement=cart&cart=1%2C2' ], [ $method, $url ] );
		$this->assertSame( [ 'Alongside-Visitor' => str_repeat( 'a', 32 ) ], $args['headers'] );
		$this->assertSame( [ 422, [ 'content-type' => 'application/problem+json', 'cache-control' => 'no-store' ] ], [ $answer->status, $answer->headers ] );
		$printed = $this->printed( fn() => $this->assertTrue( RelayRoute::serve_as_it_came( false, $answer, new WP_REST_Request( 'GET', '/alongside/v1/relay/v1/x/shelf' ) ) ) );
		$this->assertSame( '{"detail":"no"}', $printed );
	}

	public function test_a_header_that_is_no_visitor_does_not_travel(): void {
		$this->connected();
		$this->chosen( [ 'relay' => 'yes' ] );
		World::$answers[] = [ 200, '{}' ];
		$this->relay( [ 'headers' => [ 'alongside_visitor' => "a\r\nX-Evil: 1" ] ], 'DELETE', 'me' );
		$this->assertSame( [], World::$asked[0][2]['headers'] );
	}

	public function test_a_server_that_is_away_is_a_503_that_names_no_address(): void {
		$this->connected();
		$this->chosen( [ 'relay' => 'yes' ] );
		World::$answers[] = new WP_Error( 'http', 'cURL error 7 to 10.0.0.5' );
		$answer           = $this->relay();
		$this->assertSame( 503, $answer->get_error_data()['status'] );
		$this->assertStringNotContainsString( '10.0.0.5', $answer->get_error_message() );
		$this->assertStringNotContainsString( 'recs.example', $answer->get_error_message() );
	}

	public function test_a_body_that_the_application_would_refuse_does_not_travel(): void {
		$this->connected();
		$this->chosen( [ 'relay' => 'yes' ] );
		$this->assertSame( 413, $this->relay( [ 'body' => str_repeat( 'x', 32769 ) ], 'POST', 'shelf/events' )->get_error_data()['status'] );
		$this->assertSame( [], World::$asked );
	}

	public function test_other_routes_are_served_by_wordpress(): void {
		$this->assertFalse( RelayRoute::serve_as_it_came( false, new WP_REST_Response( [ 'relayed' => 'x' ] ), new WP_REST_Request( 'GET', '/wp/v2/posts' ) ) );
	}
}
