"""Fails unless two .npz files hold the same bytes under a name: same_bits.py A B NAME"""

import sys
import zipfile

first, second = (zipfile.ZipFile(path).read(f"{sys.argv[3]}.npy") for path in sys.argv[1:3])
if first != second:
    sys.exit(f"{sys.argv[3]} differs between {sys.argv[1]} and {sys.argv[2]}")
