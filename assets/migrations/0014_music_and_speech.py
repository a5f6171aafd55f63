from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0013_made_at"),
        ("providers", "0001_accounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="asset",
            name="assets_asset_operation_known",
        ),
        migrations.AlterField(
            model_name="asset",
            name="operation_type",
            field=models.CharField(
                choices=[
                    ("text_to_image", "Text to image"),
                    ("image_to_image", "Image to image"),
                    ("text_to_video", "Text to video"),
                    ("image_to_video", "Image to video"),
                    ("video_extend", "Extend"),
                    ("video_transition", "Transition"),
                    ("fusion", "Fusion"),
                    ("video_edit", "Edit"),
                    ("video_remix", "Remix"),
                    ("video_upscale", "Upscale"),
                    ("video_reframe", "Reframe"),
                    ("lip_sync", "Lip sync"),
                    ("add_audio", "Add audio"),
                    ("motion_control", "Motion control"),
                    ("storyboard", "Storyboard"),
                    ("frame_extract", "Frame"),
                    ("clip_extract", "Clip"),
                    ("composition", "Composition"),
                    ("music", "Music"),
                    ("speech", "Speech"),
                    ("upload", "Upload"),
                    ("unknown", "Unknown"),
                ],
                default="unknown",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="asset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "operation_type__in",
                        [
                            "text_to_image",
                            "image_to_image",
                            "text_to_video",
                            "image_to_video",
                            "video_extend",
                            "video_transition",
                            "fusion",
                            "video_edit",
                            "video_remix",
                            "video_upscale",
                            "video_reframe",
                            "lip_sync",
                            "add_audio",
                            "motion_control",
                            "storyboard",
                            "frame_extract",
                            "clip_extract",
                            "composition",
                            "music",
                            "speech",
                            "upload",
                            "unknown",
                        ],
                    )
                ),
                name="assets_asset_operation_known",
            ),
        ),
    ]
