import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The identity of a model-local function.
struct FunctionName: Hashable {
  let domain: String
  let name: String
  let overload: String
}

/// The functions of a model, and the cost of their bodies so far. A body is decoded for every call,
/// with the call's attributes.
struct ModelFunctions {
  /// A function with its message, which is valid as long as the model's.
  struct Function {
    let name: FunctionName
    let message: UnsafeMutablePointer<Onnx__FunctionProto>
    /// The approximate number of bytes of a body.
    let size: Int
  }

  private var functions: [FunctionName: Function] = [:]
  /// The tensors of function bodies.
  let tensors = TensorCache()
  /// The budget for all bodies together.
  let budget = BodyBudget()

  /// - Throws: `InfoldError` with `.invalidModel` if a function has no name or a duplicate name.
  init(_ model: Onnx__ModelProto) throws(InfoldError) {
    for message in messages(model.functions, model.n_functions) {
      let name = FunctionName(
        domain: normalizedDomain(message.pointee.domain.text), name: message.pointee.name.text,
        overload: message.pointee.overload.text)
      guard !name.name.isEmpty else { throw InfoldError(.invalidModel, "a function of the model has no name") }
      guard functions[name] == nil else {
        throw InfoldError(.invalidModel, "duplicate function name \(String(quoting: name.name))")
      }
      functions[name] = Function(name: name, message: message, size: message.pointee.bodySize)
    }
  }

  subscript(name: FunctionName) -> Function? { functions[name] }
}

/// Counts the memory of function bodies, since functions that call functions multiply quickly.
final class BodyBudget {
  /// The memory of a node in addition to its message, in bytes.
  static let node = 512
  /// The limit for all bodies, in bytes.
  static let limit = 32 << 20

  private var spent = 0
  private var seen: Set<FunctionName> = []

  /// Adds the cost of a body. The first body of each function costs nothing, because it is part of
  /// the file.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func charge(_ function: ModelFunctions.Function) throws(InfoldError) {
    if seen.insert(function.name).inserted { return }
    let (sum, overflow) = spent.addingReportingOverflow(function.size)
    guard !overflow, sum <= Self.limit else {
      throw InfoldError(
        .limitExceeded,
        "the functions of the model call each other so often that their bodies need more than "
          + "\(Self.limit >> 20) MiB")
    }
    spent = sum
  }
}

extension Onnx__FunctionProto {
  /// The approximate memory of a body without its tensors, which all bodies share.
  fileprivate var bodySize: Int {
    var size = packedSize
    for node in messages(node, n_node) {
      size += BodyBudget.node
      for attribute in messages(node.pointee.attribute, node.pointee.n_attribute) {
        size -= attribute.pointee.t?.pointee.packedSize ?? 0
      }
    }
    return size
  }
}

/// Tensors by message, for messages that are decoded more than once.
final class TensorCache {
  private var tensors: [UnsafeMutablePointer<Onnx__TensorProto>: Tensor] = [:]

  subscript(message: UnsafeMutablePointer<Onnx__TensorProto>) -> Tensor? {
    get { tensors[message] }
    set { tensors[message] = newValue }
  }
}
