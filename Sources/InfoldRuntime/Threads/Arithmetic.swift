import CMachine

/// The floating-point mode of a thread: the value of its control register.
package struct Arithmetic: Equatable, Sendable {
  package let control: UInt64

  /// Creates a mode that rounds to nearest and does not trap, whatever the app has set for its own
  /// threads. All threads of a run use it.
  package init(_ subnormals: SessionOptions.Subnormals) {
    control = infold_standard_arithmetic(subnormals == .flushed)
  }

  package init(control: UInt64) {
    self.control = control
  }

  /// The mode of the calling thread.
  package static var current: Arithmetic { Arithmetic(control: infold_arithmetic()) }

  /// Sets the mode of the calling thread.
  package func adopt() { infold_set_arithmetic(control) }
}
