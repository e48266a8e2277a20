#include "moe/IR/Location.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"

using namespace mlir;

std::string moe::describeLocation(Location location) {
  return llvm::TypeSwitch<LocationAttr, std::string>(location)
      .Case([](FileLineColLoc loc) {
        return llvm::sys::path::filename(loc.getFilename()).str() + ":" +
               std::to_string(loc.getLine()) + ":" +
               std::to_string(loc.getColumn());
      })
      .Case([](CallSiteLoc loc) { return describeLocation(loc.getCallee()); })
      .Case([](NameLoc loc) { return describeLocation(loc.getChildLoc()); })
      .Case([](FusedLoc loc) {
        return loc.getLocations().empty()
                   ? std::string("unknown")
                   : describeLocation(loc.getLocations()[0]);
      })
      .Default([](LocationAttr) { return std::string("unknown"); });
}
