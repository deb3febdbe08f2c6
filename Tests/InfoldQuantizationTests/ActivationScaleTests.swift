import InfoldQuantization
import Testing

@Suite struct ActivationScaleTests {
  @Test(arguments: [
    (0.0...255.0, 1 as Float, 0 as UInt8), (-1.0...1.0, Float(2.0 / 255), 128), (-255.0...0.0, 1, 255),
    // The range always includes zero.
    (10.0...51.0, 0.2, 0), (-51.0 ... -10.0, 0.2, 255),
  ])
  func spreadsNumbersEvenly(range: ClosedRange<Double>, scale: Float, zeroPoint: UInt8) {
    let found = ActivationScale(covering: range)
    #expect(found.scale == scale && found.zeroPoint == zeroPoint)
  }

  @Test(arguments: [0.0...0.0, 0...1e-40, -1e-44...1e-44])
  func rangesWithoutExtentHaveStepsOfOne(range: ClosedRange<Double>) {
    let found = ActivationScale(covering: range)
    #expect(found.scale == 1 && found.zeroPoint == 0)
  }

  @Test func hugeRangesHaveFiniteSteps() {
    let largest = Double(Float.greatestFiniteMagnitude)
    let found = ActivationScale(covering: -largest...largest)
    #expect(found.scale.isFinite && found.scale > 2e36 && found.zeroPoint == 128)
  }
}
