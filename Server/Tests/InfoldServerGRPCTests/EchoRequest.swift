import Foundation
import OpenInferenceGRPC

extension Inference_ModelInferRequest {
  /// A request with bytes, for the model that returns its input.
  static func echo(_ bytes: [UInt8]) -> Self {
    .with {
      $0.modelName = "echo_uint8"
      $0.inputs = [.with { ($0.name, $0.datatype, $0.shape) = ("x", "UINT8", [1, Int64(bytes.count)]) }]
      $0.rawInputContents = [Data(bytes)]
    }
  }
}
