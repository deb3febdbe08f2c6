import Detecting
import Testing

@Suite struct SuppressionTests {
  private func detection(_ left: Float, _ category: Int, _ confidence: Float) -> Detection {
    Detection(
      box: Box(left: left, top: 0, right: left + 10, bottom: 10), category: category, confidence: confidence)
  }

  @Test func measuresOverlaps() {
    let box = detection(0, 0, 1).box
    #expect(box.intersectionOverUnion(box) == 1)
    #expect(box.intersectionOverUnion(detection(5, 0, 1).box) == Float(1) / 3)
    #expect(box.intersectionOverUnion(detection(10, 0, 1).box) == 0)
    #expect(box.intersectionOverUnion(detection(20, 0, 1).box) == 0)
    let point = Box(left: 3, top: 3, right: 3, bottom: 3)
    #expect(point.intersectionOverUnion(point) == 0)
  }

  @Test func keepsTheSurestOfEachClass() {
    let detections = [detection(1, 0, 0.5), detection(0, 0, 0.9), detection(1, 1, 0.4), detection(30, 0, 0.3)]
    #expect(detections.withoutOverlaps(above: 0.5) == [detections[1], detections[2], detections[3]])
    #expect(detections.withoutOverlaps(above: 0.9).count == 4)
    #expect([Detection]().withoutOverlaps(above: 0.5).isEmpty)
  }
}
