import InfoldGraph
import InfoldImage
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// What hostile bytes are given to. Each target returns for whatever it is given: that they were refused is as good as that
/// they were not. What must not happen ends the process.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// An ONNX file is decoded, and its types are inferred.
  case decode
  /// An ONNX file is decoded, folded, written and decoded again, and what is written then is the same.
  case roundtrip
  /// An ONNX file is decoded and run by kernels and by reference evaluations.
  case run
  /// A NumPy file is decoded, written and decoded again.
  case npy
  /// A JPEG or PNG picture is decoded and resized.
  case image
  /// A file that says how pictures go into a model is read.
  case sidecar

  /// The memory that one input may make the target take.
  public static let memoryLimit = 64 << 20

  /// Gives `bytes` to the target.
  /// - Parameter inEveryWay: Whether a model is run in every way that there is, and not in one that the bytes choose.
  public func run(_ bytes: [UInt8], inEveryWay: Bool = false) {
    do throws(InfoldError) {
      try MemoryBudget(limit: Self.memoryLimit).charging { () throws(InfoldError) in
        switch self {
        case .decode: _ = try Model(bytes: bytes, operators: .standard)
        case .roundtrip: try Self.writeTwice(bytes)
        case .run: try RunTarget(bytes).run(inEveryWay: inEveryWay)
        case .npy: try Self.decodeNumPy(bytes)
        case .image: try Self.decodePicture(bytes)
        case .sidecar: _ = try PreprocessingFields(parsing: bytes).preprocessing()
        }
      }
    } catch {
      precondition(!error.description.contains("\n"), "an error has more than one line")
    }
  }
}

extension FuzzTarget {
  /// Writes a model as it was read, or rewritten in one of two ways, as its size decides.
  private static func writeTwice(_ bytes: [UInt8]) throws(InfoldError) {
    var model = try Model(bytes: bytes, operators: .standard)
    switch bytes.count % 3 {
    case 0: try requireSame(model, "a model")
    case 1: try requireSame(try FoldBatchNormalization().fold(model).model, "a folded model")
    default:
      model.raiseToIRVersion4()
      model.graph = try ConstantFolding().run(on: model.graph).graph
      try requireSame(model, "a model with constants folded")
    }
  }

  /// What was written is read, and written in the same way.
  private static func requireSame(_ model: Model, _ what: String) throws(InfoldError) {
    let first = try model.serialized()
    let second: [UInt8]
    do throws(InfoldError) {
      second = try Model(bytes: first, operators: .standard).serialized()
    } catch {
      // Raw data takes more bytes than a varint, and a limit may lie in between.
      guard error.code == .limitExceeded else { fatalError("\(what) is written, and refused: \(error)") }
      return
    }
    precondition(first == second, "\(what) is written in another way the second time")
  }

  private static func decodeNumPy(_ bytes: [UInt8]) throws(InfoldError) {
    let tensor = try NumPyFile.decode(bytes)
    let copy: Tensor
    do throws(InfoldError) {
      copy = try NumPyFile.decode(try NumPyFile.encode(tensor))
    } catch {
      fatalError("a tensor that was read cannot be written: \(error)")
    }
    precondition(copy == tensor, "a tensor is another one when it was written")
  }

  private static func decodePicture(_ bytes: [UInt8]) throws(InfoldError) {
    let limits = ImageLimits(maximumFileSize: 1 << 20, maximumPixels: 1 << 18, maximumSide: 1 << 12)
    let picture = try Picture(bytes: bytes, limits: limits)
    precondition(picture.width * picture.height <= limits.maximumPixels, "a picture is larger than its limit")
    _ = try picture.resized(width: 7, height: 5, filter: .bilinear)
  }
}

extension FuzzTarget {
  /// Infold's operators, of which mutated models are made.
  public static var operators: [(name: String, domain: String)] {
    OperatorRegistry.standard.all.map { ($0.name, $0.domain) }
  }
}
