import CTestSupport

/// A test with one combination of its arguments.
enum TestCase {
  nonisolated(unsafe) static private(set) var passed = 0
  nonisolated(unsafe) static private(set) var failed = 0
  nonisolated(unsafe) fileprivate static var failures = 0

  static func run(_ name: StaticString, _ test: () throws(MissingValue) -> Void) {
    failures = 0
    do {
      try test()
    } catch {
      failures += 1
    }
    if failures == 0 {
      passed += 1
    } else {
      failed += 1
      test_print_failure(name.utf8Start, failures)
    }
  }
}

/// Calls a test with each of its arguments, whose type only the test knows.
func forEachArgument<Arguments: Sequence>(_ arguments: Arguments, _ body: (Arguments.Element) -> Void) {
  for argument in arguments { body(argument) }
}

struct MissingValue: Error {}

/// Replaces the `#expect` macro of Swift Testing: counts a failure of the current test, and prints the first locations.
func expectTrue(
  _ condition: Bool, _ comment: @autoclosure () -> Comment = "", file: StaticString = #filePath, line: Int = #line
) {
  if condition { return }
  TestCase.failures += 1
  if TestCase.failures <= 3 { test_print_place(file.utf8Start, line) }
}

func requireValue(_ condition: Bool) throws(MissingValue) {
  if !condition { throw MissingValue() }
}

func requireValue<Value>(_ value: Value?) throws(MissingValue) -> Value {
  guard let value else { throw MissingValue() }
  return value
}

/// The comment of an expectation. It is not printed, because converting values to text needs what Embedded Swift does not have.
struct Comment: ExpressibleByStringInterpolation {
  struct StringInterpolation: StringInterpolationProtocol {
    init(literalCapacity: Int, interpolationCount: Int) {}
    mutating func appendLiteral(_ literal: String) {}
    mutating func appendInterpolation<Value: ~Copyable>(_ value: borrowing Value) {}
  }

  init(stringLiteral value: String) {}
  init(stringInterpolation: StringInterpolation) {}
}
