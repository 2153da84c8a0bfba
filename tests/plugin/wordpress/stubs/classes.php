<?php
/**
 * WordPress's and WooCommerce's classes, as far as the plugin uses them.
 */

class WP_Error {
	private $code;
	private $message;
	private $data;

	public function __construct( $code = '', $message = '', $data = null ) {
		$this->code    = $code;
		$this->message = $message;
		$this->data    = $data;
	}

	public function get_error_code() {
		return $this->code;
	}

	public function get_error_message() {
		return $this->message;
	}

	public function get_error_data() {
		return $this->data;
	}
}

class WP_REST_Response {
	public $data;
	public $status;
	public $headers = [];

	public function __construct( $data = null, $status = 200 ) {
		$this->data   = $data;
		$this->status = $status;
	}

	public function header( $name, $value ) {
		$this->headers[ $name ] = $value;
	}

	public function get_data() {
		return $this->data;
	}
}

class WP_REST_Request implements ArrayAccess {
	private $method;
	private $route;
	private $headers;
	private $query;
	private $body;
	private $params;

	public function __construct( $method = 'GET', $route = '', array $said = [] ) {
		$this->method  = $method;
		$this->route   = $route;
		$this->headers = $said['headers'] ?? [];
		$this->query   = $said['query'] ?? [];
		$this->body    = $said['body'] ?? '';
		$this->params  = $said['params'] ?? [];
	}

	public function get_method() {
		return $this->method;
	}

	public function get_route() {
		return $this->route;
	}

	public function get_header( $name ) {
		return $this->headers[ $name ] ?? null;
	}

	public function get_query_params() {
		return $this->query;
	}

	public function get_body() {
		return $this->body;
	}

	#[ReturnTypeWillChange]
	public function offsetExists( $name ) {
		return isset( $this->params[ $name ] );
	}

	#[ReturnTypeWillChange]
	public function offsetGet( $name ) {
		return $this->params[ $name ] ?? null;
	}

	#[ReturnTypeWillChange]
	public function offsetSet( $name, $value ) {
		$this->params[ $name ] = $value;
	}

	#[ReturnTypeWillChange]
	public function offsetUnset( $name ) {
		unset( $this->params[ $name ] );
	}
}

class WP_Widget {
	public function __construct( $id, $name, $options = [] ) {
	}

	public function get_field_id( $name ) {
		return "widget-$name";
	}

	public function get_field_name( $name ) {
		return "widget[$name]";
	}
}

class WC_Integration {
	public $id;
	public $method_title;
	public $method_description;
	public $form_fields;

	public function init_settings() {
	}

	public function get_form_fields() {
		return $this->form_fields;
	}

	public function generate_settings_html( $fields = [], $show = true ) {
	}

	public function process_admin_options() {
		return true;
	}
}

class WC_Admin_Settings {
	public static $messages = [];
	public static $errors   = [];

	public static function add_message( $text ) {
		self::$messages[] = $text;
	}

	public static function add_error( $text ) {
		self::$errors[] = $text;
	}
}
