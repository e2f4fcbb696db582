// Leaks that the sanitizers need not report. For the one source file of a program that includes it.
#pragma once

// DCMTK loses the elements at hand where its own strings throw while it reads a data set (see with_dicom_toolkit): some
// kilobytes for a hostile file, which nobody outside DCMTK can free. What we leak of DCMTK's would show by its owner.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier): LeakSanitizer's name
  return "leak:DcmItem::newDicomElement\nleak:DcmSequenceOfItems::makeSubObject\n";
}
