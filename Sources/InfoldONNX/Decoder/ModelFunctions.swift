import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

/// What an operator that the model defines is called by.
struct FunctionName: Hashable {
  let domain: String
  let name: String
  let overload: String
}

/// The functions of a model, and what their bodies cost so far. A body is decoded for every call, with its attributes.
struct ModelFunctions {
  /// One function, with its message, valid as long as the model's.
  struct Function {
    let name: FunctionName
    let message: UnsafeMutablePointer<Onnx__FunctionProto>
    /// About the bytes that a body takes.
    let size: Int
  }

  private var functions: [FunctionName: Function] = [:]
  /// The tensors of their bodies.
  let tensors = TensorCache()
  /// What all bodies together may take.
  let budget = BodyBudget()

  /// - Throws: `InfoldError` with `.invalidModel` for a function without a name, or one that stands twice.
  init(_ model: Onnx__ModelProto) throws(InfoldError) {
    for message in messages(model.functions, model.n_functions) {
      let name = FunctionName(
        domain: normalizedDomain(message.pointee.domain.text), name: message.pointee.name.text,
        overload: message.pointee.overload.text)
      guard !name.name.isEmpty else { throw InfoldError(.invalidModel, "a function of the model has no name") }
      guard functions[name] == nil else {
        throw InfoldError(.invalidModel, "the function \(String(quoting: name.name)) stands twice")
      }
      functions[name] = Function(name: name, message: message, size: message.pointee.bodySize)
    }
  }

  subscript(name: FunctionName) -> Function? { functions[name] }
}

/// Counts what the bodies of functions take, for functions that call functions multiply quickly.
final class BodyBudget {
  /// What a node takes beside its message, in bytes.
  static let node = 512
  /// What all bodies may take, in bytes.
  static let limit = 32 << 20

  private var spent = 0
  private var seen: Set<FunctionName> = []

  /// Counts a body; the first one of each function is in the file itself, and costs nothing.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func charge(_ function: ModelFunctions.Function) throws(InfoldError) {
    if seen.insert(function.name).inserted { return }
    let (sum, overflow) = spent.addingReportingOverflow(function.size)
    guard !overflow, sum <= Self.limit else {
      throw InfoldError(
        .limitExceeded,
        "the functions of the model call each other so often that their bodies take more than "
          + "\(Self.limit >> 20) MiB")
    }
    spent = sum
  }
}

extension Onnx__FunctionProto {
  /// About the bytes that a body takes, without the tensors, which all bodies share.
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

/// Tensors by their messages, for those that are decoded more than once.
final class TensorCache {
  private var tensors: [UnsafeMutablePointer<Onnx__TensorProto>: Tensor] = [:]

  subscript(message: UnsafeMutablePointer<Onnx__TensorProto>) -> Tensor? {
    get { tensors[message] }
    set { tensors[message] = newValue }
  }
}
