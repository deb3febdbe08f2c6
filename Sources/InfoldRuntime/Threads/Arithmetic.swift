import CMachine

/// How a thread computes with floating-point numbers: what its control register says.
package struct Arithmetic: Equatable, Sendable {
  package let control: UInt64

  /// Rounding to the nearest, without traps, whatever the app has chosen for its own threads: so all threads of a run agree.
  package init(_ subnormals: SessionOptions.Subnormals) {
    control = infold_standard_arithmetic(subnormals == .flushed)
  }

  package init(control: UInt64) {
    self.control = control
  }

  /// That of the calling thread.
  package static var current: Arithmetic { Arithmetic(control: infold_arithmetic()) }

  /// Has the calling thread compute like this.
  package func adopt() { infold_set_arithmetic(control) }
}
