"""What pyproject.toml cannot say: the default themes and the sample go into the wheel, below `flows`."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithData(build_py):
    """Copy the files of ``data/`` that commands use by default."""

    def run(self) -> None:
        """Copy them after the modules; a checkout that is installed as editable needs none."""
        super().run()
        if self.editable_mode:
            return
        sample = [*Path("data/sample").glob("*.txt"), *Path("data/sample").glob("*.csv")]
        for path in (Path("data/themes.toml"), *sorted(sample)):
            target = Path(self.build_lib, "flows", "resources", path.relative_to("data"))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


setup(cmdclass={"build_py": BuildWithData})
