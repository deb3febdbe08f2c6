import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The state shared by the decoders of one file.
struct DecodingContext {
  /// The IR version of the model.
  let irVersion: Int
  /// The opset version of each domain, as the model or the function imports it. The empty domain is
  /// ONNX's own.
  var opsetVersions: [String: Int]
  /// The known operators.
  let operators: OperatorRegistry
  /// The model-local functions.
  let functions: ModelFunctions
  /// The call whose function body is decoded, or `nil` outside functions.
  var call: FunctionCall?
  /// The bytes that the model was unpacked from.
  let bytes: RetainedBytes
  /// How declared shapes of computed values are treated.
  let declaredShapes: DeclaredShapes
  /// Collects warnings about declarations of constants.
  let warnings: WarningCollector
  /// Collects faults of a model that is only inspected, or `nil` if faults are errors.
  let faults: FaultCollector?
  /// The folder of external data, or `nil` for bytes without a folder.
  let externalData: ExternalDataFolder?
}

extension DecodingContext {
  /// Decodes tensors of this file.
  var tensors: TensorDecoder {
    TensorDecoder(bytes: bytes, externalData: externalData, kept: call == nil ? nil : functions.tensors)
  }
}

/// Runs `body` and prefixes errors with `place`.
func describing<Result>(
  _ place: @autoclosure () -> String, _ body: () throws(InfoldError) -> Result
) throws(InfoldError) -> Result {
  do {
    return try body()
  } catch {
    var error = error
    error.reason = place() + ": " + error.reason
    throw error
  }
}

extension ElementType {
  /// The element type of an ONNX data type number.
  /// - Throws: `InfoldError` with `.malformedData` if the number is unknown.
  init(dataType number: Int32) throws(InfoldError) {
    guard let type = ElementType(rawValue: number) else {
      throw InfoldError(.malformedData, number == 0 ? "has no element type" : "the element type \(number) is unknown")
    }
    self = type
  }
}
