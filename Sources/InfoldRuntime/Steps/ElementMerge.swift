import InfoldOperators
import InfoldTensor

/// Combines updates with existing elements, for element types that plans can store.
struct ElementMerge: Sendable {
  let reduction: ScatterND.Reduction
  let type: ElementType
  private let byteCount: Int

  /// Returns `nil` for a reduction of elements that kernels do not compute with.
  init?(_ reduction: ScatterND.Reduction, _ type: ElementType) {
    guard let format = ElementFormat(type), reduction == .none || Self.combines(type) else { return nil }
    self.reduction = reduction
    self.type = type
    byteCount = format.byteCount
  }

  private static func combines(_ type: ElementType) -> Bool {
    switch type {
    case .float32, .int32, .uint32, .int64, .uint64, .uint8: true
    default: false
    }
  }

  /// Calls `body` with a function that merges a run of updates, beginning at index `update`, into
  /// the elements starting at index `start`.
  func run(
    _ updates: UnsafeRawPointer, into elements: UnsafeMutableRawPointer, _ length: Int,
    _ body: (_ merge: (_ start: Int, _ update: Int) -> Void) -> Void
  ) {
    if reduction == .none {
      let byteCount = byteCount
      if length == 1 {
        switch ElementWidth(byteCount: byteCount) {
        case .one: replace(updates, elements, body, as: UInt8.self)
        case .two: replace(updates, elements, body, as: UInt16.self)
        case .four: replace(updates, elements, body, as: UInt32.self)
        case .eight: replace(updates, elements, body, as: UInt64.self)
        }
      } else {
        body { start, update in
          (elements + start * byteCount).copyMemory(from: updates + update * byteCount, byteCount: length * byteCount)
        }
      }
      return
    }
    switch type {
    case .float32: combine(updates, elements, length, body)
    case .int32: combine(updates, elements, length, body, as: Int32.self)
    case .uint32: combine(updates, elements, length, body, as: UInt32.self)
    case .int64: combine(updates, elements, length, body, as: Int64.self)
    case .uint64: combine(updates, elements, length, body, as: UInt64.self)
    case .uint8: combine(updates, elements, length, body, as: UInt8.self)
    default: preconditionFailure("no reduction of updates for \(type)")
    }
  }

  private func replace<Bits: BitPattern>(
    _ updates: UnsafeRawPointer, _ elements: UnsafeMutableRawPointer,
    _ body: ((Int, Int) -> Void) -> Void, as _: Bits.Type
  ) {
    let updates = updates.assumingMemoryBound(to: Bits.self), elements = elements.assumingMemoryBound(to: Bits.self)
    body { start, update in elements[start] = updates[update] }
  }

  private func combine<Element: FixedWidthInteger>(
    _ updates: UnsafeRawPointer, _ elements: UnsafeMutableRawPointer, _ length: Int,
    _ body: ((Int, Int) -> Void) -> Void, as _: Element.Type
  ) {
    let updates = updates.assumingMemoryBound(to: Element.self)
    let elements = elements.assumingMemoryBound(to: Element.self)
    body { start, update in
      let (x, y) = (updates + update, elements + start)
      switch reduction {
      case .none: for index in 0..<length { y[index] = x[index] }
      case .add: for index in 0..<length { y[index] &+= x[index] }
      case .mul: for index in 0..<length { y[index] &*= x[index] }
      case .max: for index in 0..<length { y[index] = max(y[index], x[index]) }
      case .min: for index in 0..<length { y[index] = min(y[index], x[index]) }
      }
    }
  }

  private func combine(
    _ updates: UnsafeRawPointer, _ elements: UnsafeMutableRawPointer, _ length: Int,
    _ body: ((Int, Int) -> Void) -> Void
  ) {
    let updates = updates.assumingMemoryBound(to: Float.self)
    let elements = elements.assumingMemoryBound(to: Float.self)
    body { start, update in
      let (x, y) = (updates + update, elements + start)
      switch reduction {
      case .none: for index in 0..<length { y[index] = x[index] }
      case .add: for index in 0..<length { y[index] += x[index] }
      case .mul: for index in 0..<length { y[index] *= x[index] }
      case .max: for index in 0..<length where !(y[index] > x[index] || y[index].isNaN) { y[index] = x[index] }
      case .min: for index in 0..<length where !(y[index] < x[index] || y[index].isNaN) { y[index] = x[index] }
      }
    }
  }
}
