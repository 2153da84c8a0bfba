<?php
/**
 * What the stand-ins know: options, who looks, which page it is, what the network answers. Each test
 * begins with a new one.
 */
final class World {

	/** @var array */
	public static $options;
	public static $transients;
	public static $hooks;
	public static $scripts;
	public static $may;
	public static $user;
	public static $product;
	public static $block_theme;
	/** @var array Requests made: [method, url, args]. */
	public static $asked;
	/** @var array What is answered, in turn: [status, body] or a WP_Error. */
	public static $answers;
	public static $cart;
	public static $orders;
	public static $queued;
	public static $rest;

	public static function begin(): void {
		self::$options     = [];
		self::$transients  = [];
		self::$hooks       = [];
		self::$scripts     = [];
		self::$may         = true;
		self::$user        = 1;
		self::$product     = 0;
		self::$block_theme = false;
		self::$asked       = [];
		self::$answers     = [];
		self::$cart        = [];
		self::$orders      = [];
		self::$queued      = [];
		self::$rest        = false;
		$_GET              = [];
		$_POST             = [];
	}
}
World::begin();

/** WordPress would end the request here. */
final class Ended extends Exception {
}
