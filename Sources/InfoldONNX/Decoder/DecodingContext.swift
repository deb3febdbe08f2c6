import COnnx
import InfoldGraph
import InfoldSystem
import InfoldTensor

/// What the parts of one file share while they are decoded.
struct DecodingContext {
  /// The version of the file format.
  let irVersion: Int
  /// The version of each domain's operator set, as the model or the function imports it; the empty domain is ONNX's own.
  var opsetVersions: [String: Int]
  /// The operators that nodes may mean.
  let operators: OperatorRegistry
  /// The operators that the model defines itself.
  let functions: ModelFunctions
  /// The function whose body this is; `nil` outside of any.
  var call: FunctionCall?
  /// The bytes that the model is unpacked from.
  let bytes: RetainedBytes
  /// What declared shapes of what nodes make count for.
  let declaredShapes: DeclaredShapes
  /// What is found wrong in declarations of constants.
  let warnings: WarningCollector
  /// Where faults are noted that are no errors of a model which is only to be looked at; `nil` where they are errors.
  let faults: FaultCollector?
  /// Where external data may be read; `nil` for bytes that came without a folder.
  let externalData: ExternalDataFolder?
}

extension DecodingContext {
  /// Decodes tensors of this file.
  var tensors: TensorDecoder {
    TensorDecoder(bytes: bytes, externalData: externalData, kept: call == nil ? nil : functions.tensors)
  }
}

/// Runs `body`; an error that leaves it begins with `place`.
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
  /// The type with this number.
  /// - Throws: `InfoldError` with `.malformedData`, naming the number, when there is none.
  init(dataType number: Int32) throws(InfoldError) {
    guard let type = ElementType(rawValue: number) else {
      throw InfoldError(.malformedData, number == 0 ? "has no element type" : "the element type \(number) is unknown")
    }
    self = type
  }
}
