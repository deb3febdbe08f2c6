import CMachine

/// How a thread computes with floating-point numbers: what its control register says.
struct Arithmetic: Equatable, Sendable {
  let control: UInt64

  /// Rounding to the nearest, without traps, whatever the app has chosen for its own threads: so all threads of a run agree.
  init(_ subnormals: SessionOptions.Subnormals) {
    control = infold_standard_arithmetic(subnormals == .flushed)
  }

  init(control: UInt64) {
    self.control = control
  }

  /// That of the calling thread.
  static var current: Arithmetic { Arithmetic(control: infold_arithmetic()) }

  /// Has the calling thread compute like this.
  func adopt() { infold_set_arithmetic(control) }
}
