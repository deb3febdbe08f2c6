import Foundation
import OpenInferenceGRPC

extension Inference_ModelInferRequest {
  /// Bytes for the model that answers with what it is given.
  static func echo(_ bytes: [UInt8]) -> Self {
    .with {
      $0.modelName = "echo_uint8"
      $0.inputs = [.with { ($0.name, $0.datatype, $0.shape) = ("x", "UINT8", [1, Int64(bytes.count)]) }]
      $0.rawInputContents = [Data(bytes)]
    }
  }
}
