<?php
/**
 * A new world for each test, and the words the tests share.
 */

use Alongside\Choices;
use Alongside\Connection;
use PHPUnit\Framework\TestCase;

abstract class PluginTestCase extends TestCase {

	protected const KEY = 'pk_0123456789abcdef';

	protected function setUp(): void {
		World::begin();
		WC_Admin_Settings::$messages = [];
		WC_Admin_Settings::$errors   = [];
		WC_Data_Store::$webhooks     = [];
	}

	protected function connected( array $more = [] ): void {
		World::$options[ Connection::OPTION ] = $more + [
			'base_url'     => 'https://recs.example',
			'public_key'   => self::KEY,
			'customer_key' => 'customer-key-of-the-shop',
			'report_token' => 'report-key-of-the-shop',
		];
	}

	protected function chosen( array $choices ): void {
		World::$options[ Choices::OPTION ] = $choices;
	}

	/** What a call prints. */
	protected function printed( callable $call ): string {
		ob_start();
		$call();
		return (string) ob_get_clean();
	}

	/** Where a call sends the browser, or the words it ends with. */
	protected function ended( callable $call ): string {
		try {
			$call();
		} catch ( Ended $end ) {
			return $end->getMessage();
		}
		$this->fail( 'The request went on.' );
	}
}
